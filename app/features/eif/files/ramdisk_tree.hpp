// SPDX-License-Identifier: GPL-2.0-or-later
//
// The files of all ramdisks of an EIF as a tree of folders: made by a worker, then never changed, so that the
// model only looks things up. Foreign archives: the number of nodes is bounded, odd paths stay visible as
// they are ("..", entries that stand there twice).
#pragma once

#include "app/formats/ramdisk/ramdisk_index.hpp"

#include <memory>
#include <QString>
#include <vector>

namespace nitroscope::app {

class RamdiskTree {
public:
    static constexpr int none = -1;
    static constexpr size_t maxItems = 4'000'000;

    struct Item {
        QByteArray name;
        int parent = none;
        int row = 0; // among the parent's children
        int ramdisk = 0;
        int entry = none; // of the ramdisk; none: a folder that no entry names, or the ramdisk itself
        std::vector<int> children = {};
    };

    // `filter`: only entries whose path has it, in any case; empty: all. Folders first, then by name.
    // Stops early, with what there is, when asked to.
    static std::shared_ptr<const RamdiskTree> make(formats::RamdiskIndexPointer index,
                                                   const QByteArray &filter, const std::stop_token &stop);

    // Item 0 is the invisible root; its children are the ramdisks.
    const Item &item(int number) const { return m_items[static_cast<size_t>(number)]; }
    const formats::RamdiskEntry *entryOf(const Item &item) const;
    const formats::Ramdisk &ramdiskOf(const Item &item) const {
        return m_index->ramdisks()[static_cast<size_t>(item.ramdisk)];
    }
    // From the ramdisk down, "rootfs/etc/passwd".
    QByteArray pathOf(int number) const;
    // The last one with that normal path: what the kernel would see of this ramdisk.
    int find(int ramdisk, const QByteArray &path) const;
    int fileCount() const { return m_files; }
    bool isCut() const { return m_isCut; }

private:
    int childNamed(int parent, const QByteArray &name, int ramdisk);
    void add(int ramdisk, int entry, const QByteArray &path);
    void sort();

    formats::RamdiskIndexPointer m_index;
    std::vector<Item> m_items;
    QHash<std::pair<int, QByteArray>, int> m_places; // while it is made: child of a parent by name
    int m_files = 0;
    bool m_isCut = false;
};

} // namespace nitroscope::app
