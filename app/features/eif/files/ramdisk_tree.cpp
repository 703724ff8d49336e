// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/eif/files/ramdisk_tree.hpp"

#include <algorithm>

namespace nitroscope::app {

using formats::RamdiskEntry;

const RamdiskEntry *RamdiskTree::entryOf(const Item &item) const {
    return item.entry == none ? nullptr : &ramdiskOf(item).entries[static_cast<size_t>(item.entry)];
}

int RamdiskTree::childNamed(int parent, const QByteArray &name, int ramdisk) {
    const auto key = std::pair(parent, name);
    if (const auto found = m_places.constFind(key); found != m_places.constEnd())
        return *found;
    if (m_items.size() >= maxItems) {
        m_isCut = true;
        return none;
    }
    const int number = static_cast<int>(m_items.size());
    m_items.push_back({.name = name, .parent = parent, .ramdisk = ramdisk});
    m_items[static_cast<size_t>(parent)].children.push_back(number);
    m_places.insert(key, number);
    return number;
}

void RamdiskTree::add(int ramdisk, int entry, const QByteArray &path) {
    int at = childNamed(0, QByteArray::number(ramdisk), ramdisk);
    const QList<QByteArray> parts = formats::normalPath(path).split('/');
    for (const QByteArray &part : parts) {
        if (at == none)
            return;
        if (!part.isEmpty())
            at = childNamed(at, part, ramdisk);
    }
    if (at == none)
        return;
    Item &item = m_items[static_cast<size_t>(at)];
    if (item.parent == 0) // "." names the ramdisk itself
        return;
    ++m_files;
    if (item.entry == none) {
        item.entry = entry;
        return;
    }
    // The archive has this path twice: both are shown, the later one is what counts.
    m_places.remove({item.parent, item.name});
    const int twin = childNamed(item.parent, item.name, ramdisk);
    if (twin == none)
        return;
    Item &later = m_items[static_cast<size_t>(twin)];
    later.entry = entry;
    std::swap(later.children, m_items[static_cast<size_t>(at)].children);
    for (const int child : later.children)
        m_items[static_cast<size_t>(child)].parent = twin;
    // Children that come later are looked up under the new number.
    for (const int child : later.children)
        m_places.insert({twin, m_items[static_cast<size_t>(child)].name}, child);
}

void RamdiskTree::sort() {
    const auto isFolder = [this](int number) {
        const Item &item = m_items[static_cast<size_t>(number)];
        const RamdiskEntry *entry = entryOf(item);
        return entry ? entry->isFolder() : true;
    };
    for (size_t i = 0; i < m_items.size(); ++i) {
        auto &children = m_items[i].children;
        if (i > 0) // the ramdisks stay in file order
            std::ranges::stable_sort(children, [&](int a, int b) {
                const bool aIsFolder = isFolder(a), bIsFolder = isFolder(b);
                return aIsFolder != bIsFolder
                           ? aIsFolder
                           : m_items[static_cast<size_t>(a)].name < m_items[static_cast<size_t>(b)].name;
            });
        for (size_t row = 0; row < children.size(); ++row)
            m_items[static_cast<size_t>(children[row])].row = static_cast<int>(row);
    }
}

std::shared_ptr<const RamdiskTree> RamdiskTree::make(formats::RamdiskIndexPointer index,
                                                     const QByteArray &filter, const std::stop_token &stop) {
    auto tree = std::make_shared<RamdiskTree>();
    tree->m_index = std::move(index);
    tree->m_items.push_back({});
    const QByteArray wanted = filter.toLower();
    for (int r = 0; r < static_cast<int>(tree->m_index->ramdisks().size()); ++r) {
        tree->childNamed(0, QByteArray::number(r), r);
        const auto &entries = tree->m_index->ramdisks()[static_cast<size_t>(r)].entries;
        for (int e = 0; e < static_cast<int>(entries.size()) && !stop.stop_requested(); ++e) {
            const QByteArray &path = entries[static_cast<size_t>(e)].path;
            if (wanted.isEmpty() || path.toLower().contains(wanted))
                tree->add(r, e, path);
        }
    }
    tree->sort();
    tree->m_places.clear();
    return tree;
}

QByteArray RamdiskTree::pathOf(int number) const {
    QByteArray path;
    for (int at = number; at > 0 && item(at).parent > 0; at = item(at).parent)
        path = path.isEmpty() ? item(at).name : item(at).name + '/' + path;
    return path;
}

int RamdiskTree::find(int ramdisk, const QByteArray &path) const {
    int at = none;
    for (const int child : item(0).children)
        if (item(child).ramdisk == ramdisk)
            at = child;
    const QList<QByteArray> parts = formats::normalPath(path).split('/');
    for (const QByteArray &part : parts) {
        if (at == none || part.isEmpty())
            break;
        int next = none;
        for (const int child : item(at).children)
            if (item(child).name == part)
                next = child;
        at = next;
    }
    return at;
}

} // namespace nitroscope::app
