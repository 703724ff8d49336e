// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/formats/symbols/dwarf_layouts.hpp"

#include "app/formats/symbols/dwarf_file.hpp"

#include <dwarf.h>
#include <QHash>

namespace nitroscope::symbols {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr int deepest = 16;
constexpr int maxMembers = 200'000; // looked at for one field

// Through typedefs and qualifiers.
bool plainType(Dwarf_Die *die) {
    Dwarf_Attribute attribute;
    for (int i = 0; i < deepest; ++i) {
        switch (dwarf_tag(die)) {
        case DW_TAG_typedef:
        case DW_TAG_const_type:
        case DW_TAG_volatile_type:
        case DW_TAG_restrict_type:
        case DW_TAG_atomic_type:
            if (!dwarf_formref_die(dwarf_attr(die, DW_AT_type, &attribute), die))
                return false;
            break;
        default:
            return true;
        }
    }
    return false;
}

bool typeOf(Dwarf_Die *die, Dwarf_Die *type) {
    Dwarf_Attribute attribute;
    return dwarf_formref_die(dwarf_attr_integrate(die, DW_AT_type, &attribute), type) && plainType(type);
}

std::optional<quint64> memberOffset(Dwarf_Die *member) {
    Dwarf_Attribute attribute;
    if (dwarf_hasattr(member, DW_AT_bit_size))
        return std::nullopt;
    Dwarf_Word offset = 0;
    if (!dwarf_hasattr(member, DW_AT_data_member_location)) // of a union
        return 0;
    return dwarf_formudata(dwarf_attr(member, DW_AT_data_member_location, &attribute), &offset) == 0
               ? std::optional<quint64>(offset)
               : std::nullopt;
}

// The member's type replaces `in`.
std::optional<quint64> findMember(Dwarf_Die *in, QByteArrayView wanted, int depth, int &left) {
    Dwarf_Die member;
    if (depth > deepest || dwarf_child(in, &member) != 0)
        return std::nullopt;
    for (; left > 0; --left) {
        Dwarf_Die type;
        if (dwarf_tag(&member) == DW_TAG_member && typeOf(&member, &type)) {
            const char *name = dwarf_diename(&member);
            if (name && wanted == name) {
                const auto offset = memberOffset(&member);
                *in = type;
                return offset;
            }
            const int tag = dwarf_tag(&type);
            if (!name && (tag == DW_TAG_structure_type || tag == DW_TAG_union_type)) {
                const auto offset = memberOffset(&member);
                Dwarf_Die inner = type;
                if (const auto within = findMember(&inner, wanted, depth + 1, left); within && offset) {
                    *in = inner;
                    return *offset + *within;
                }
            }
        }
        if (dwarf_siblingof(&member, &member) != 0)
            break;
    }
    return std::nullopt;
}

class DwarfLayouts final : public TypeLayouts {
public:
    explicit DwarfLayouts(ProgramPointer program) : m_program(std::move(program)) {}

    std::optional<FieldPlace> field(QByteArrayView type, QByteArrayView path) const override {
        DwarfFile &file = *m_program->dwarf();
        const std::lock_guard guard(file.lock());
        auto in = structure(type);
        FieldPlace place;
        int left = maxMembers;
        for (int depth = 0; in && depth < deepest; ++depth) {
            const qsizetype dot = path.indexOf('.');
            const auto offset = findMember(&*in, dot < 0 ? path : path.first(dot), 0, left);
            if (!offset)
                return std::nullopt;
            place.offset += *offset;
            if (dot < 0) {
                Dwarf_Word bytes = 0;
                place.bytes = dwarf_aggregate_size(&*in, &bytes) == 0 ? bytes : 0;
                return place;
            }
            path = path.sliced(dot + 1);
        }
        return std::nullopt;
    }

    std::optional<quint64> size(QByteArrayView type) const override {
        const std::lock_guard guard(m_program->dwarf()->lock());
        auto die = structure(type);
        Dwarf_Word bytes = 0;
        return die && dwarf_aggregate_size(&*die, &bytes) == 0 ? std::optional<quint64>(bytes) : std::nullopt;
    }

    QString source() const override { return u"DWARF of %1"_s.arg(m_program->name()); }

private:
    std::optional<Dwarf_Die> structure(QByteArrayView wanted) const {
        Dwarf *dwarf = m_program->dwarf()->handle();
        const QByteArray name = wanted.toByteArray();
        while (!m_places.contains(name)) {
            Dwarf_Off next = 0;
            size_t header = 0;
            if (dwarf_nextcu(dwarf, m_nextUnit, &next, &header, nullptr, nullptr, nullptr) != 0)
                return std::nullopt;
            Dwarf_Die unit, child;
            if (dwarf_offdie(dwarf, m_nextUnit + header, &unit) && dwarf_child(&unit, &child) == 0)
                do {
                    const int tag = dwarf_tag(&child);
                    const char *found = tag == DW_TAG_structure_type || tag == DW_TAG_union_type
                                            ? dwarf_diename(&child)
                                            : nullptr;
                    if (found && !dwarf_hasattr(&child, DW_AT_declaration) && !m_places.contains(found))
                        m_places.insert(found, dwarf_dieoffset(&child));
                } while (dwarf_siblingof(&child, &child) == 0);
            if (next <= m_nextUnit)
                return std::nullopt;
            m_nextUnit = next;
        }
        Dwarf_Die die;
        return dwarf_offdie(dwarf, m_places.value(name), &die) ? std::optional(die) : std::nullopt;
    }

    ProgramPointer m_program;
    // What was seen so far; guarded by the file's lock.
    mutable QHash<QByteArray, Dwarf_Off> m_places;
    mutable Dwarf_Off m_nextUnit = 0;
};

} // namespace

TypeLayoutsPointer dwarfLayouts(ProgramPointer program) {
    if (!program || !program->hasDwarf())
        return nullptr;
    return std::make_shared<DwarfLayouts>(std::move(program));
}

} // namespace nitroscope::symbols
