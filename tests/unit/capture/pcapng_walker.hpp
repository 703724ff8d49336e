// SPDX-License-Identifier: GPL-2.0-or-later
//
// A second, deliberately simple-minded pcapng reader for little-endian files, written from the specification
// and sharing nothing with the code under test: what writer and reader get wrong together shows here.
#pragma once

#include <QByteArray>
#include <QMap>
#include <QVector>

namespace nitroscope::test {

struct WalkedPacket {
    quint32 interface = 0;
    quint64 time = 0;
    quint32 captured = 0, original = 0;
    QByteArray data;
    QMap<int, QByteArray> options;
};
struct WalkedInterface {
    int linkType = 0;
    quint32 snapLength = 0;
    QMap<int, QByteArray> options;
};
struct WalkedFile {
    bool valid = false; // every block well formed and the file ends with one
    int sections = 0;
    QMap<int, QByteArray> sectionOptions;
    QVector<WalkedInterface> interfaces;
    QVector<WalkedPacket> packets;
    QVector<QMap<int, QByteArray>> statistics;
};

inline quint64 number(const QByteArray &bytes, qsizetype at, int size) {
    quint64 value = 0;
    for (int i = size - 1; i >= 0; --i)
        value = value << 8 | quint8(bytes.at(at + i));
    return value;
}

inline QMap<int, QByteArray> walkOptions(const QByteArray &bytes) {
    QMap<int, QByteArray> options;
    for (qsizetype at = 0; at + 4 <= bytes.size();) {
        const int code = int(number(bytes, at, 2)), size = int(number(bytes, at + 2, 2));
        if (code == 0)
            break;
        options.insert(code, bytes.mid(at + 4, size));
        at += 4 + (size + 3) / 4 * 4;
    }
    return options;
}

inline WalkedFile walk(const QByteArray &bytes) {
    WalkedFile file;
    qsizetype at = 0;
    while (at + 12 <= bytes.size()) {
        const quint64 type = number(bytes, at, 4), size = number(bytes, at + 4, 4);
        if (size < 12 || size % 4 != 0 || size > quint64(bytes.size() - at) ||
            number(bytes, at + qsizetype(size) - 4, 4) != size)
            return file;
        const QByteArray body = bytes.mid(at + 8, qsizetype(size) - 12);
        if (type == 0x0a0d0d0a) {
            if (number(body, 0, 4) != 0x1a2b3c4d || number(body, 4, 2) != 1)
                return file;
            ++file.sections;
            file.sectionOptions = walkOptions(body.mid(16));
        } else if (type == 1) {
            file.interfaces.append(
                {int(number(body, 0, 2)), quint32(number(body, 4, 4)), walkOptions(body.mid(8))});
        } else if (type == 6) {
            WalkedPacket packet;
            packet.interface = quint32(number(body, 0, 4));
            packet.time = number(body, 4, 4) << 32 | number(body, 8, 4);
            packet.captured = quint32(number(body, 12, 4));
            packet.original = quint32(number(body, 16, 4));
            packet.data = body.mid(20, packet.captured);
            packet.options = walkOptions(body.mid(20 + (packet.captured + 3) / 4 * 4));
            file.packets.append(packet);
        } else if (type == 5) {
            file.statistics.append(walkOptions(body.mid(12)));
        }
        at += qsizetype(size);
    }
    file.valid = at == bytes.size() && file.sections > 0;
    return file;
}

} // namespace nitroscope::test
