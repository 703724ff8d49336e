// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/gdb/register_view.hpp"

#include <QtEndian>

namespace nitroscope::app {

QByteArray RegisterView::targetXml() const {
    if (isNative())
        return {};
    QByteArray xml =
        "<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\"><target><architecture>";
    xml += m_description->architecture;
    xml += "</architecture>";
    const char *feature = nullptr;
    for (int number = 0; number < count(); ++number) {
        const arch::DescribedRegister &entry = m_description->registers[size_t(number)];
        if (!feature || qstrcmp(feature, entry.feature) != 0) {
            xml += QByteArray(feature ? "</feature>" : "") + "<feature name=\"" + entry.feature + "\">";
            feature = entry.feature;
        }
        xml += QByteArray("<reg name=\"") + entry.name + "\" bitsize=\"" +
               QByteArray::number(entry.bytes * 8) + "\" type=\"" + entry.type + "\" regnum=\"" +
               QByteArray::number(number) + "\"/>";
    }
    return xml + "</feature></target>";
}

int RegisterView::count() const {
    return isNative() ? m_architecture->registers.count() : int(m_description->registers.size());
}

int RegisterView::stubNumber(int number) const {
    if (number < 0 || number >= count())
        return -1;
    return isNative() ? number : m_description->registers[size_t(number)].number;
}

int RegisterView::bytes(int number) const {
    if (number < 0 || number >= count())
        return 0;
    return isNative() ? m_architecture->registers.bytes(number)
                      : m_description->registers[size_t(number)].bytes;
}

bool RegisterView::isMoved(int number) const {
    return !isNative() && stubNumber(number) == m_architecture->registers.programCounter;
}

QByteArray RegisterView::fromStub(int number, QByteArrayView stubValue) const {
    QByteArray value = stubValue.first(qMin<qsizetype>(stubValue.size(), bytes(number))).toByteArray();
    if (isMoved(number) && value.size() == 4)
        qToLittleEndian<quint32>(qFromLittleEndian<quint32>(value.constData()) + quint32(m_segment.base),
                                 value.data());
    return value;
}

QByteArray RegisterView::toStub(int number, QByteArrayView value) const {
    const int stub = stubNumber(number);
    if (stub < 0 || value.size() != bytes(number))
        return {};
    QByteArray wide = value.toByteArray();
    if (isMoved(number))
        qToLittleEndian<quint32>(qFromLittleEndian<quint32>(wide.constData()) - quint32(m_segment.base),
                                 wide.data());
    wide.append(m_architecture->registers.bytes(stub) - wide.size(), '\0');
    return wide;
}

QByteArray RegisterView::allFromStub(QByteArrayView stubPacket) const {
    if (!m_architecture->isPacket(stubPacket))
        return {};
    if (isNative())
        return stubPacket.toByteArray();
    QByteArray packet;
    for (int i = 0; i < count(); ++i) {
        const arch::Register &stub = *m_architecture->registers.at(stubNumber(i));
        packet += fromStub(i, stubPacket.sliced(stub.offset, stub.bytes));
    }
    return packet;
}

} // namespace nitroscope::app
