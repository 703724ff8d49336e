// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/proto/pcapng/kms_call.hpp"

#include "nsm-device/cbor/cbor_writer.hpp"

#include <vector>

namespace nitroscope::pcapng {

using namespace Qt::Literals::StringLiterals;

namespace {

// Its names in the map, in the order of the fields.
constexpr const char *textKeys[] = {"id", "operation", "principal", "key", "error", "message", "explanation"};
constexpr QString KmsCall::*texts[] = {&KmsCall::id,         &KmsCall::operation, &KmsCall::principal,
                                       &KmsCall::keyArn,     &KmsCall::errorType, &KmsCall::message,
                                       &KmsCall::explanation};
constexpr const char *byteKeys[] = {"policy", "document"};
constexpr QByteArray KmsCall::*byteStrings[] = {&KmsCall::policy, &KmsCall::document};

// Cut between characters: a continuation byte is 10xxxxxx.
QByteArray cut(QByteArray utf8) {
    qsizetype size = std::min(utf8.size(), maxKmsCallText);
    while (size > 0 && size < utf8.size() && (static_cast<uchar>(utf8[size]) & 0xc0) == 0x80)
        --size;
    utf8.truncate(size);
    return utf8;
}

struct Entry {
    const char *key;
    QByteArray value;
    bool isText;
};

std::size_t write(std::span<std::byte> out, const std::vector<Entry> &entries) {
    cbor::Writer writer(out);
    writer.map(entries.size());
    for (const Entry &entry : entries) {
        writer.text(entry.key);
        const std::string_view value(entry.value.constData(), static_cast<std::size_t>(entry.value.size()));
        if (entry.isText)
            writer.text(value);
        else
            writer.bytes(std::as_bytes(std::span(value)));
    }
    return writer.size();
}

} // namespace

QByteArray encodeKmsCall(const KmsCall &call) {
    std::vector<Entry> entries{{"kind", kmsCallKind, true}};
    for (std::size_t i = 0; i < std::size(texts); ++i)
        if (const QString &text = call.*texts[i]; !text.isEmpty())
            entries.push_back({textKeys[i], cut(text.toUtf8()), true});
    for (std::size_t i = 0; i < std::size(byteStrings); ++i)
        if (const QByteArray &bytes = call.*byteStrings[i]; !bytes.isEmpty())
            entries.push_back({byteKeys[i], bytes, false});
    QByteArray cbor(static_cast<qsizetype>(write({}, entries)), Qt::Uninitialized);
    write(std::as_writable_bytes(std::span(cbor.data(), static_cast<std::size_t>(cbor.size()))), entries);
    return cbor;
}

std::optional<KmsCall> kmsCallOf(const Record &record) {
    const auto *machine = std::get_if<MachineRecord>(&record.content);
    if (!machine || machine->kind != QLatin1String(kmsCallKind))
        return std::nullopt;
    KmsCall call;
    for (std::size_t i = 0; i < std::size(texts); ++i)
        call.*texts[i] = machine->fields.value(QLatin1String(textKeys[i])).toString();
    for (std::size_t i = 0; i < std::size(byteStrings); ++i)
        call.*byteStrings[i] = machine->fields.value(QLatin1String(byteKeys[i])).toByteArray();
    return call;
}

QString kmsCallText(const KmsCall &call) {
    const QString who = call.principal.isEmpty() ? u"nobody known"_s : call.principal;
    return u"%1 by %2%3"_s.arg(call.operation, who, call.isGood() ? u": done"_s : u" → "_s + call.errorType);
}

} // namespace nitroscope::pcapng
