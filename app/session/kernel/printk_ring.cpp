// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/kernel/printk_ring.hpp"

#include "app/core/output/visible_text.hpp"

#include <algorithm>
#include <QtEndian>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

// CONFIG_LOG_BUF_SHIFT goes up to 25; log_buf_len= may make it larger, but nobody reads more.
constexpr int maxDescBits = 21, mostSizeBits = 27;
constexpr quint64 maxBytes = quint64(1) << mostSizeBits;
constexpr quint64 maxEntryBytes = 256, maxTextLength = 32 * 1024;

// A field of `width` bytes, 0 outside.
quint64 fieldOf(QByteArrayView bytes, quint64 offset, quint64 width) {
    quint64 value = 0;
    if (width > 8 || offset > quint64(bytes.size()) || quint64(bytes.size()) - offset < width)
        return 0;
    std::memcpy(&value, bytes.data() + offset, width);
    return qFromLittleEndian(value);
}

// "T12" for a task, "C0" for a processor in interrupt context (CONFIG_PRINTK_CALLER).
QString callerOf(quint32 id) {
    constexpr quint32 isProcessor = 0x80000000;
    if (id == 0)
        return {};
    return (id & isProcessor ? u"C%1"_s : u"T%1"_s).arg(id & ~isProcessor);
}

// Flags and level share the byte behind the facility, which follows the text's length (u16, u8).
int levelOf(QByteArrayView record, quint64 facility) {
    return int(fieldOf(record, facility + 1, 1) >> 5);
}

std::optional<LogLayout> fromVmcoreInfo(const VmcoreInfo &info) {
    const auto all = [&info](std::initializer_list<std::pair<quint64 *, const char *>> fields) {
        return std::all_of(fields.begin(), fields.end(), [&info](const auto &field) {
            const auto offset = info.offset(field.second);
            *field.first = offset.value_or(0);
            return offset.has_value();
        });
    };
    PrintkRingLayout ring;
    quint64 descRing = 0, dataRing = 0, lpos = 0;
    if (all({{&descRing, "printk_ringbuffer.desc_ring"},
             {&dataRing, "printk_ringbuffer.text_data_ring"},
             {&ring.descCount, "prb_desc_ring.count_bits"},
             {&ring.descs, "prb_desc_ring.descs"},
             {&ring.infos, "prb_desc_ring.infos"},
             {&ring.headId, "prb_desc_ring.head_id"},
             {&ring.tailId, "prb_desc_ring.tail_id"},
             {&ring.stateVar, "prb_desc.state_var"},
             {&lpos, "prb_desc.text_blk_lpos"},
             {&ring.begin, "prb_data_blk_lpos.begin"},
             {&ring.next, "prb_data_blk_lpos.next"},
             {&ring.seq, "printk_info.seq"},
             {&ring.ts, "printk_info.ts_nsec"},
             {&ring.textLength, "printk_info.text_len"},
             {&ring.caller, "printk_info.caller_id"},
             {&ring.sizeBits, "prb_data_ring.size_bits"},
             {&ring.data, "prb_data_ring.data"}})) {
        const auto desc = info.size("prb_desc"), entry = info.size("printk_info");
        if (!desc || !entry)
            return std::nullopt;
        ring.descBytes = *desc;
        ring.infoBytes = *entry;
        for (quint64 *offset : {&ring.descCount, &ring.descs, &ring.infos, &ring.headId, &ring.tailId})
            *offset += descRing;
        for (quint64 *offset : {&ring.sizeBits, &ring.data})
            *offset += dataRing;
        ring.begin += lpos;
        ring.next += lpos;
        return ring;
    }
    LogBufLayout log;
    const auto size = info.size("printk_log");
    if (size && all({{&log.ts, "printk_log.ts_nsec"},
                     {&log.length, "printk_log.len"},
                     {&log.textLength, "printk_log.text_len"}})) {
        log.recordBytes = *size;
        return log;
    }
    return std::nullopt;
}

std::optional<LogLayout> fromTypes(const symbols::TypeLayouts &types) {
    const auto all = [&types](const char *type,
                              std::initializer_list<std::pair<quint64 *, const char *>> fields) {
        return std::all_of(fields.begin(), fields.end(), [&](const auto &field) {
            const auto place = types.field(type, field.second);
            *field.first = place ? place->offset : 0;
            return place.has_value();
        });
    };
    PrintkRingLayout ring;
    if (all("printk_ringbuffer", {{&ring.descCount, "desc_ring.count_bits"},
                                  {&ring.descs, "desc_ring.descs"},
                                  {&ring.infos, "desc_ring.infos"},
                                  {&ring.headId, "desc_ring.head_id"},
                                  {&ring.tailId, "desc_ring.tail_id"},
                                  {&ring.sizeBits, "text_data_ring.size_bits"},
                                  {&ring.data, "text_data_ring.data"}}) &&
        all("prb_desc", {{&ring.stateVar, "state_var"},
                         {&ring.begin, "text_blk_lpos.begin"},
                         {&ring.next, "text_blk_lpos.next"}}) &&
        all("printk_info", {{&ring.seq, "seq"},
                            {&ring.ts, "ts_nsec"},
                            {&ring.textLength, "text_len"},
                            {&ring.caller, "caller_id"}})) {
        ring.descBytes = types.size("prb_desc").value_or(0);
        ring.infoBytes = types.size("printk_info").value_or(0);
        return ring;
    }
    LogBufLayout log;
    if (all("printk_log", {{&log.ts, "ts_nsec"}, {&log.length, "len"}, {&log.textLength, "text_len"}})) {
        log.recordBytes = types.size("printk_log").value_or(0);
        return log;
    }
    return std::nullopt;
}

// A text of the data ring: a word with the descriptor's id, then the bytes. Blocks do not wrap: one that does
// not fit at the ring's end stands at its start.
QByteArrayView textOf(QByteArrayView data, quint64 begin, quint64 next, quint64 length) {
    constexpr quint64 idBytes = 8, noData = 1;
    const quint64 size = quint64(data.size());
    if (begin & noData || size == 0)
        return {};
    quint64 start = begin % size, end = next % size;
    if (begin / size != next / size && end != 0)
        start = 0;
    else if (end == 0)
        end = size;
    if (start + idBytes > end || end > size)
        return {};
    return data.sliced(qsizetype(start + idBytes), qsizetype(qMin(length, end - start - idBytes)));
}

} // namespace

std::optional<LogLayout> logLayout(const std::optional<VmcoreInfo> &info,
                                   const symbols::TypeLayouts *layouts) {
    if (info)
        if (const auto found = fromVmcoreInfo(*info))
            return found;
    return layouts ? fromTypes(*layouts) : std::nullopt;
}

QVector<KernelLogLine> readPrintkRing(const ReadKernel &read, quint64 ring, const PrintkRingLayout &layout) {
    enum State { reserved, committed, finalized, reusable };
    constexpr quint64 headBytes = 512;
    constexpr int stateShift = 62;
    constexpr quint64 idMask = (quint64(1) << stateShift) - 1;
    const QByteArray head = read(ring, headBytes);
    const quint64 countBits = fieldOf(head, layout.descCount, 4),
                  sizeBits = fieldOf(head, layout.sizeBits, 4);
    if (head.isEmpty() || countBits == 0 || countBits > maxDescBits || sizeBits < 4 ||
        sizeBits > mostSizeBits || layout.descBytes == 0 || layout.descBytes > maxEntryBytes ||
        layout.infoBytes == 0 || layout.infoBytes > maxEntryBytes)
        return {};
    const quint64 count = quint64(1) << countBits;
    const QByteArray descs = read(fieldOf(head, layout.descs, 8), count * layout.descBytes);
    const QByteArray infos = read(fieldOf(head, layout.infos, 8), count * layout.infoBytes);
    const QByteArray data = read(fieldOf(head, layout.data, 8), quint64(1) << sizeBits);
    if (descs.isEmpty() || infos.isEmpty() || data.isEmpty())
        return {};
    // Every text has its own place, so all together are no longer than the ring.
    qsizetype textLeft = data.size();
    const quint64 tail = fieldOf(head, layout.tailId, 8) & idMask,
                  last = fieldOf(head, layout.headId, 8) & idMask;
    QVector<KernelLogLine> lines;
    for (quint64 step = 0; step < count && textLeft > 0; ++step) {
        const quint64 id = (tail + step) & idMask;
        const qsizetype index = qsizetype(id & (count - 1));
        const QByteArrayView desc =
            QByteArrayView(descs).sliced(index * qsizetype(layout.descBytes), qsizetype(layout.descBytes));
        const QByteArrayView info =
            QByteArrayView(infos).sliced(index * qsizetype(layout.infoBytes), qsizetype(layout.infoBytes));
        const quint64 state = fieldOf(desc, layout.stateVar, 8);
        // A record that is being written or thrown away is left out.
        if ((state & idMask) == id &&
            (state >> stateShift == committed || state >> stateShift == finalized)) {
            KernelLogLine line;
            line.sequence = fieldOf(info, layout.seq, 8);
            line.nanoseconds = fieldOf(info, layout.ts, 8);
            line.level = levelOf(info, layout.textLength + 2);
            line.caller = callerOf(quint32(fieldOf(info, layout.caller, 4)));
            const QByteArrayView bytes =
                textOf(data, fieldOf(desc, layout.begin, 8), fieldOf(desc, layout.next, 8),
                       fieldOf(info, layout.textLength, 2));
            textLeft -= bytes.size();
            line.text = visibleText(bytes, LineBreaks::kept);
            lines.append(line);
        }
        if (id == last)
            break;
    }
    return lines;
}

QVector<KernelLogLine> readLogBuf(const ReadKernel &read, quint64 buffer, quint64 bytes, quint64 first,
                                  quint64 next, const LogBufLayout &layout) {
    if (bytes == 0 || bytes > maxBytes || layout.recordBytes < 12 || layout.recordBytes > maxEntryBytes)
        return {};
    const QByteArray records = read(buffer, bytes);
    QVector<KernelLogLine> lines;
    quint64 at = first, walked = 0;
    bool hasWrapped = false;
    while (!records.isEmpty() && at != next && walked < bytes) {
        const quint64 length = fieldOf(records, at + layout.length, 2);
        if (at + layout.recordBytes > bytes || length == 0) { // the rest is at the buffer's start
            if (hasWrapped)
                break;
            hasWrapped = true;
            at = 0;
            continue;
        }
        const quint64 textLength = fieldOf(records, at + layout.textLength, 2);
        if (length < layout.recordBytes || length > bytes - at || textLength > length - layout.recordBytes)
            break;
        KernelLogLine line;
        line.sequence = quint64(lines.size());
        line.nanoseconds = fieldOf(records, at + layout.ts, 8);
        // len, text_len, dict_len (u16 each), facility, flags and level
        line.level = levelOf(QByteArrayView(records).sliced(qsizetype(at)), layout.textLength + 4);
        line.text = visibleText(QByteArrayView(records).sliced(qsizetype(at + layout.recordBytes),
                                                               qsizetype(qMin(textLength, maxTextLength))),
                                LineBreaks::kept);
        lines.append(line);
        at += length;
        walked += length;
    }
    return lines;
}

KernelList<KernelLogLine> readKernelLog(const RunningKernel &kernel) {
    KernelList<KernelLogLine> list;
    const auto refuse = [&list](const QString &reason) {
        list.unavailable = u"The kernel's log is not available, because "_s + reason;
        return list;
    };
    const auto &info = kernel.vmcoreInfo();
    const auto layout = logLayout(info, kernel.layouts().get());
    if (!layout)
        return refuse(u"this kernel does not say how its log is laid out (no VMCOREINFO page yet, "
                      "no BTF, no debug information). Early in the boot it helps to give a vmlinux."_s);
    const auto variable = [&](const char *name) -> std::optional<quint64> {
        const auto known = info ? info->symbol(name) : std::nullopt;
        return known ? known : kernel.address(name);
    };
    const ReadKernel read = [&kernel](quint64 address, quint64 bytes) {
        return kernel.bytes(address, bytes);
    };
    if (const auto *ring = std::get_if<PrintkRingLayout>(&*layout)) {
        const auto pointer = variable("prb");
        const auto address = pointer ? kernel.value<quint64>(*pointer) : std::nullopt;
        if (!address)
            return refuse(u"the address of its ring buffer (prb) is not known or not readable."_s);
        list.rows = readPrintkRing(read, *address, *ring);
    } else {
        const auto buffer = variable("log_buf"), bytes = variable("log_buf_len"),
                   first = variable("log_first_idx"), next = variable("log_next_idx");
        if (!buffer || !bytes || !first || !next)
            return refuse(u"the addresses of its buffer (log_buf) are not known."_s);
        list.rows =
            readLogBuf(read, kernel.value<quint64>(*buffer).value_or(0),
                       kernel.value<quint32>(*bytes).value_or(0), kernel.value<quint32>(*first).value_or(0),
                       kernel.value<quint32>(*next).value_or(0), std::get<LogBufLayout>(*layout));
    }
    const bool isFromInfo = info && logLayout(info, nullptr);
    list.source = isFromInfo ? u"VMCOREINFO"_s : kernel.layouts()->source();
    if (list.rows.isEmpty())
        return refuse(u"its buffer is empty or cannot be read yet."_s);
    return list;
}

} // namespace nitroscope::app
