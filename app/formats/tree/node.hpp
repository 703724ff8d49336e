// SPDX-License-Identifier: GPL-2.0-or-later
//
// The one shape in which every decoded format is shown: a tree of named values, each tied to the bytes it was
// decoded from. The EIF panel puts it in a tree view beside a hex view; the command line tool prints it.
// Later formats (cpio, attestation documents) produce the same nodes, so the views never need to know what
// they show.

#pragma once

#include <QString>

#include <vector>

namespace nitroscope::formats {

// Bytes of a file; offset counts from its start. Length 0 means that the node has no bytes of its own.
struct ByteRange {
    quint64 offset = 0;
    quint64 length = 0;

    constexpr bool isEmpty() const { return length == 0; }
    // One past the last byte; saturates, because both numbers may come from a hostile file.
    constexpr quint64 end() const { return offset + length < offset ? ~quint64{0} : offset + length; }
    constexpr bool contains(quint64 position) const { return position >= offset && position < end(); }
    friend constexpr bool operator==(const ByteRange &, const ByteRange &) = default;
};

// How much a finding matters: none = plain content, error = the platform would refuse the file because of
// it.
enum class Severity { none, note, warning, error };

struct Node {
    QString name;                       // The specification's word: "eif_crc32", "section 3: ramdisk".
    QString value;                      // Decoded for reading; empty for pure containers.
    ByteRange range = {};               // Where it was decoded from.
    Severity severity = Severity::none; // Of the note; the worst of several findings.
    QString note = {}; // What is wrong or worth knowing, and what to do; may hold several lines.
    std::vector<Node> children = {};

    // Appends a child and gives it back; the reference lives until the next child is added.
    Node &add(Node child) { return children.emplace_back(std::move(child)); }
    // Notes a finding and raises the severity to it.
    void addFinding(Severity findingSeverity, const QString &finding);
    // First child of that name, nullptr when there is none.
    const Node *child(QStringView childName) const;
};

// Worst severity in the node and everything below it.
Severity worstSeverity(const Node &node);

// Deepest node whose range holds the byte, nullptr when none does. For "show what this byte is".
const Node *nodeAt(const Node &root, quint64 offset);
Node *nodeAt(Node &root, quint64 offset);

} // namespace nitroscope::formats
