// SPDX-License-Identifier: GPL-2.0-or-later
//
// See kallsyms.hpp. The steps, each confirming the one before: tokens → names → addresses.
#include "app/formats/symbols/kallsyms.hpp"

#include "app/formats/symbols/kallsyms_names.hpp"

#include <array>
#include <cstring>
#include <QtEndian>

namespace nitroscope::symbols {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr quint64 alignment = 8;

tl::unexpected<app::Error> missing(const QString &message) {
    return app::failure(u"no-kallsyms"_s, message);
}

constexpr quint64 roundUp(quint64 value) {
    return (value + alignment - 1) & ~(alignment - 1);
}

struct AddressGuess {
    quint64 start;               // of the array
    std::optional<quint64> base; // where kallsyms_relative_base stands
    AddressForm form;
};

// One symbol's address under a guess; the array is known to lie inside of the bytes.
class AddressReader {
public:
    AddressReader(QByteArrayView bytes, const AddressGuess &guess, quint64 arrayAddress)
        : m_array(bytes.data() + guess.start), m_form(guess.form), m_arrayAddress(arrayAddress) {
        if (guess.base)
            m_base = qFromLittleEndian<quint64>(bytes.data() + *guess.base);
    }

    quint64 base() const { return m_base; }

    quint64 operator()(quint32 index) const {
        if (m_form == AddressForm::absolute)
            return qFromLittleEndian<quint64>(m_array + 8 * quint64(index));
        const auto offset = qFromLittleEndian<qint32>(m_array + 4 * quint64(index));
        switch (m_form) {
        case AddressForm::basePerCpu:
            return offset >= 0 ? quint64(offset) : m_base - 1 - quint64(qint64(offset));
        case AddressForm::baseRelative:
            return m_base + quint32(offset);
        default:
            return m_arrayAddress + 4 * quint64(index) + quint64(qint64(offset));
        }
    }

private:
    const char *m_array;
    AddressForm m_form;
    quint64 m_arrayAddress;
    quint64 m_base = 0;
};

// Kernels sort their symbols by address, and most of them are the kernel's and not a CPU's.
bool isPlausible(const AddressReader &address, quint32 count, const arch::LinuxKernel &kernel) {
    quint32 descents = 0, inKernel = 0;
    quint64 last = 0;
    for (quint32 i = 0; i < count; ++i) {
        const quint64 value = address(i);
        descents += value < last;
        inKernel += kernel.isKernelAddress(value);
        last = value;
    }
    return descents <= count / 1000 && inKernel > count / 2;
}

QVector<AddressGuess> guessesOf(const NamesTable &names, const TokenTable &tokens) {
    QVector<AddressGuess> guesses;
    const quint64 count = names.count;
    const quint64 afterIndex = roundUp(tokens.index + 512);
    const quint64 baseAfter = roundUp(afterIndex + 4 * count);
    for (const AddressForm form : {AddressForm::basePerCpu, AddressForm::baseRelative})
        guesses.append({afterIndex, baseAfter, form});
    guesses.append({afterIndex, {}, AddressForm::placeRelative});
    // Before the count, from where the array's length leads back to its start.
    const quint64 countAt = names.countAt & ~(alignment - 1);
    if (countAt >= alignment + roundUp(4 * count))
        for (const AddressForm form : {AddressForm::basePerCpu, AddressForm::baseRelative})
            guesses.append({countAt - alignment - roundUp(4 * count), countAt - alignment, form});
    if (countAt >= 8 * count)
        guesses.append({countAt - 8 * count, {}, AddressForm::absolute});
    return guesses;
}

struct Found {
    TokenTable tokens;
    NamesTable names;
    AddressGuess guess;
    quint64 arrayAddress;
};

std::optional<Found> findAddresses(QByteArrayView bytes, const TokenTable &tokens, const NamesTable &names,
                                   const arch::LinuxKernel &kernel, const AddressOf &addressOf) {
    const quint64 size = quint64(bytes.size());
    for (const AddressGuess &guess : guessesOf(names, tokens)) {
        const quint64 width = guess.form == AddressForm::absolute ? 8 : 4;
        if (guess.start > size || size - guess.start < width * names.count ||
            (guess.base && (*guess.base > size || size - *guess.base < 8)))
            continue;
        const auto place = guess.form == AddressForm::placeRelative && addressOf ? addressOf(guess.start)
                                                                                 : std::optional<quint64>(0);
        if (!place || (guess.form == AddressForm::placeRelative && !addressOf))
            continue;
        const AddressReader reader(bytes, guess, *place);
        // A base is an address of the kernel, whatever the offsets make of it.
        if (guess.base && !kernel.isKernelAddress(reader.base()))
            continue;
        if (isPlausible(reader, names.count, kernel))
            return Found{tokens, names, guess, *place};
    }
    return std::nullopt;
}

app::Result<Found> findAll(QByteArrayView bytes, const arch::LinuxKernel &kernel,
                           const AddressOf &addressOf) {
    bool sawTokens = false, sawNames = false;
    SearchBudget budget;
    for (quint64 from = 0;;) {
        const auto tokens = findTokens(bytes, from);
        if (!tokens)
            break;
        from = tokens->digits + 1;
        sawTokens = true;
        const auto names = findNames(bytes, *tokens, budget);
        if (!names)
            continue;
        sawNames = true;
        if (const auto found = findAddresses(bytes, *tokens, *names, kernel, addressOf))
            return *found;
    }
    if (sawNames)
        return missing(u"The kernel's symbol names were found, but not their addresses: its "
                       "layout is not known."_s);
    if (sawTokens)
        return missing(u"The kernel's symbol names could not be found: its layout is not known."_s);
    return missing(u"There is no symbol table in this kernel (built without CONFIG_KALLSYMS?)."_s);
}

KallsymsLayout layoutOf(const Found &found, QByteArrayView bytes) {
    KallsymsLayout layout;
    layout.names = found.names.names;
    layout.markers = found.names.markers;
    layout.markerBytes = found.names.markerBytes;
    layout.count = found.names.count;
    layout.tokens = found.tokens.table;
    layout.tokenIndex = found.tokens.index;
    layout.addresses = found.guess.start;
    layout.form = found.guess.form;
    layout.base = AddressReader(bytes, found.guess, found.arrayAddress).base();
    return layout;
}

} // namespace

app::Result<Kallsyms> recoverKallsyms(QByteArrayView bytes, const arch::LinuxKernel &kernel,
                                      const AddressOf &addressOf) {
    const auto found = findAll(bytes, kernel, addressOf);
    if (!found)
        return tl::unexpected(found.error());
    Kallsyms result{layoutOf(*found, bytes), {}};
    const AddressReader address(bytes, found->guess, found->arrayAddress);
    const auto tokens = tokensOf(bytes, found->tokens);
    result.table.setPerCpuEnd(kernel.perCpuEnd);
    result.table.reserve(found->names.count, found->names.markers - found->names.names);
    std::array<char, 4096> name; // KSYM_NAME_LEN is 512 at most; a longer name is cut
    quint64 at = found->names.names;
    for (quint32 i = 0; i < found->names.count; ++i) {
        const auto entry = nameAt(bytes, at);
        if (!entry)
            break; // findNames() has walked here before
        size_t length = 0;
        for (quint64 byte = entry->start; byte < entry->end; ++byte) {
            const QByteArrayView token = tokens[static_cast<unsigned char>(bytes[qsizetype(byte)])];
            const size_t piece = qMin(size_t(token.size()), name.size() - length);
            std::memcpy(name.data() + length, token.data(), piece);
            length += piece;
        }
        if (length > 0)
            result.table.add(address(i), name[0], QByteArrayView(name.data() + 1, qsizetype(length - 1)));
        at = entry->end;
    }
    result.table.finish();
    return result;
}

} // namespace nitroscope::symbols
