// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/proto/rsp/target_description.hpp"

#include <algorithm>
#include <QXmlStreamReader>

namespace nitroscope::rsp {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr qsizetype maxTextLength = 1 << 20;
constexpr int maxRegisters = 4096;
constexpr int maxIncludes = 64;
constexpr int deepestInclude = 8;
constexpr int widestRegister = 4096;

tl::unexpected<app::Error> problem(const QString &message, std::optional<quint64> offset = {}) {
    return tl::unexpected(app::Error{u"target-description"_s, message, offset, {}});
}

// A number attribute within bounds; `fallback` when it is missing, nothing when it is no such number.
std::optional<int> numberOf(const QXmlStreamAttributes &attributes, const char *name, int fallback, int least,
                            int most) {
    if (!attributes.hasAttribute(QLatin1String(name)))
        return fallback;
    bool isNumber = false;
    const int value = attributes.value(QLatin1String(name)).toInt(&isNumber, 0);
    return isNumber && value >= least && value <= most ? std::optional(value) : std::nullopt;
}

class Collector {
public:
    explicit Collector(const std::function<app::Result<QByteArray>(const QString &)> &fetched)
        : m_fetched(fetched) {}

    app::Result<void> collect(const QByteArray &xml, int depth) {
        const auto document = parseDescription(xml);
        if (!document)
            return tl::unexpected(document.error());
        if (depth == 0)
            layout.architecture = document->architecture;
        for (const DescriptionDocument::Part &part : document->parts) {
            if (part.include.isEmpty()) {
                if (auto added = add(part.registerEntry); !added)
                    return added;
                continue;
            }
            if (depth == deepestInclude || ++m_includes > maxIncludes)
                return problem(u"The target description includes too many documents."_s);
            const auto text = m_fetched(part.include);
            if (!text)
                return tl::unexpected(text.error());
            if (auto inner = collect(*text, depth + 1); !inner) {
                app::Error error = inner.error();
                if (error.context.isEmpty())
                    error.context = part.include;
                return tl::unexpected(error);
            }
        }
        return {};
    }

    // Registers by number, with their places in `g`.
    app::Result<RegisterLayout> finish() {
        auto &registers = layout.registers;
        std::stable_sort(registers.begin(), registers.end(),
                         [](const RegisterEntry &a, const RegisterEntry &b) { return a.number < b.number; });
        int offset = 0;
        for (qsizetype i = 0; i < registers.size(); ++i) {
            if (i > 0 && registers[i].number == registers[i - 1].number)
                return problem(u"Two registers, %1 and %2, have the same number."_s.arg(registers[i - 1].name,
                                                                                        registers[i].name));
            registers[i].offset = offset;
            offset += registers[i].bytes();
        }
        layout.packetBytes = offset;
        if (registers.isEmpty())
            return problem(u"The target description has no registers."_s);
        return layout;
    }

    RegisterLayout layout;

private:
    app::Result<void> add(RegisterEntry entry) {
        if (layout.registers.size() >= maxRegisters)
            return problem(u"The target description has too many registers."_s);
        if (entry.number < 0)
            entry.number = m_next;
        m_next = entry.number + 1;
        layout.registers.append(entry);
        return {};
    }

    const std::function<app::Result<QByteArray>(const QString &)> &m_fetched;
    int m_includes = 0;
    int m_next = 0;
};

} // namespace

const RegisterEntry *RegisterLayout::find(QStringView name) const {
    const auto found = std::find_if(registers.begin(), registers.end(),
                                    [name](const RegisterEntry &entry) { return entry.name == name; });
    return found == registers.end() ? nullptr : &*found;
}

app::Result<DescriptionDocument> parseDescription(const QByteArray &xml) {
    if (xml.size() > maxTextLength)
        return problem(u"The target description is too long."_s);
    DescriptionDocument document;
    QXmlStreamReader reader(xml);
    // Real descriptions declare no entities; one that grows by them is hostile.
    reader.setEntityExpansionLimit(16);
    // libgdb's files use the xi prefix, and not all of them declare it.
    reader.setNamespaceProcessing(false);
    int includes = 0, registers = 0;
    while (!reader.atEnd()) {
        if (reader.readNext() != QXmlStreamReader::StartElement)
            continue;
        const QXmlStreamAttributes attributes = reader.attributes();
        const auto offset = quint64(qMax<qint64>(0, reader.characterOffset()));
        if (reader.qualifiedName() == "architecture"_L1) {
            document.architecture = reader.readElementText().trimmed().left(64);
        } else if (reader.qualifiedName() == "xi:include"_L1) {
            const QString name = attributes.value("href"_L1).toString();
            if (name.isEmpty() || ++includes > maxIncludes)
                return problem(u"An included document has no name, or there are too many."_s, offset);
            document.parts.append({name, {}});
        } else if (reader.qualifiedName() == "reg"_L1) {
            const auto bits = numberOf(attributes, "bitsize", 0, 1, widestRegister);
            const auto number = numberOf(attributes, "regnum", -1, 0, maxRegisters - 1);
            RegisterEntry entry{attributes.value("name"_L1).toString(),
                                attributes.value("type"_L1).toString(),
                                attributes.value("group"_L1).toString(),
                                number.value_or(-1),
                                bits.value_or(0),
                                0};
            if (entry.name.isEmpty() || entry.bits == 0 || !number)
                return problem(u"A register has no name, or a size or number out of range."_s, offset);
            if (++registers > maxRegisters)
                return problem(u"The target description has too many registers."_s, offset);
            document.parts.append({{}, entry});
        }
    }
    if (reader.hasError())
        return problem(u"The target description is not XML: %1"_s.arg(reader.errorString()),
                       quint64(qMax<qint64>(0, reader.characterOffset())));
    return document;
}

app::Result<RegisterLayout>
describeRegisters(const QByteArray &targetXml,
                  const std::function<app::Result<QByteArray>(const QString &)> &fetched) {
    Collector collector(fetched);
    if (const auto collected = collector.collect(targetXml, 0); !collected)
        return tl::unexpected(collected.error());
    return collector.finish();
}

} // namespace nitroscope::rsp
