// SPDX-License-Identifier: GPL-2.0-or-later
//
// See record_filter.hpp.
#include "app/proto/pcapng/record_filter.hpp"

#include "app/proto/pcapng/record_fields.hpp"

#include <vector>

namespace nitroscope::pcapng {

using namespace Qt::Literals::StringLiterals;

namespace {

// A record as the language asks for it.
class RecordRow : public app::FilterRow {
public:
    RecordRow(const Record &record, qint64 firstHostNs) : m_record(record), m_firstHostNs(firstHostNs) {}

    std::optional<QString> text(int field) const override { return textIn(m_record, at(field)); }
    Numbers numbers(int field) const override {
        if (at(field) == FilterField::port) {
            const auto *packet = std::get_if<VsockRecord>(&m_record.content);
            return packet ? Numbers{packet->srcPort, packet->dstPort} : Numbers();
        }
        const auto number = numberIn(m_record, at(field), m_firstHostNs);
        return number ? Numbers{*number} : Numbers();
    }

private:
    static FilterField at(int field) { return filterFields()[static_cast<size_t>(field)].field; }

    const Record &m_record;
    qint64 m_firstHostNs;
};

bool isTime(FilterField field) {
    return field == FilterField::time || field == FilterField::clock || field == FilterField::duration;
}

// In the order of filterFields().
const std::vector<app::FilterFieldInfo> &fieldInfos() {
    static const std::vector<app::FilterFieldInfo> infos = [] {
        using Kind = app::FilterFieldInfo::Kind;
        std::vector<app::FilterFieldInfo> all;
        for (const FilterFieldName &field : filterFields())
            all.push_back({field.name,
                           isTime(field.field) ? Kind::time
                           : field.isNumber    ? Kind::number
                                               : Kind::text,
                           field.help});
        return all;
    }();
    return infos;
}

} // namespace

QString RecordFilter::help() {
    QString text = u"Filter: comparisons joined by and, or, not and parentheses, for example\n"
                   "  interface==nsm and result!=Success\n"
                   "  kind==ExtendPCR or pcr==16\n"
                   "  time>=1.5s and time<2s and not text contains ramdisk\n"
                   "Operators: == != < <= > >= contains. A record without the field does not match.\n"
                   "Fields:\n"_s;
    for (const FilterFieldName &field : filterFields())
        text += u"  %1 %2\n"_s.arg(QLatin1String(field.name), -12).arg(QLatin1String(field.help));
    return text;
}

app::Result<RecordFilter> RecordFilter::parse(const QString &text) {
    auto expression = app::FilterExpression::parse(text, fieldInfos());
    if (!expression)
        return tl::unexpected(expression.error());
    RecordFilter filter;
    filter.m_expression = *expression;
    return filter;
}

bool RecordFilter::matches(const Record &record, qint64 firstHostNs) const {
    return m_expression.matchesEverything() || m_expression.matches(RecordRow(record, firstHostNs));
}

} // namespace nitroscope::pcapng
