// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/debug/memory/target_memory.hpp"

#include <algorithm>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

TargetMemory::TargetMemory(AddressSpace space, QObject *parent) : QObject(parent), m_space(space) {
    m_tick.setSingleShot(true);
    m_tick.setInterval(0);
    connect(&m_tick, &QTimer::timeout, this, &TargetMemory::ask);
}

void TargetMemory::setTarget(DebugTarget *target) {
    if (m_target)
        m_target->disconnect(this);
    m_target = target;
    m_pages.clear();
    m_wanted.clear();
    m_pending.clear();
    m_underWay.clear();
    ++m_epoch;
    if (!target)
        return;
    if (m_space == AddressSpace::guestPhysical)
        m_end = quint64{1} << target->architecture().paging.physicalBits;
    connect(target, &DebugTarget::memoryRead, this,
            [this](quint64 token, quint64, const Result<QByteArray> &bytes) { take(token, bytes); });
    connect(target, &DebugTarget::detached, this, [this] { m_target = nullptr; }); // what is known stays
}

const TargetMemory::Page *TargetMemory::page(quint64 address) const {
    const auto found = m_pages.constFind(address / pageBytes);
    return found == m_pages.cend() ? nullptr : &*found;
}

qsizetype TargetMemory::read(quint64 address, std::span<char> out) {
    size_t known = 0;
    bool isWhole = true; // nothing was missing so far
    for (size_t done = 0; done < out.size();) {
        const quint64 at = address + done;
        if (at < address)
            break; // past the end of the address space
        const quint64 offset = at % pageBytes;
        const size_t part = std::min<size_t>(out.size() - done, pageBytes - offset);
        const auto found = m_pages.find(at / pageBytes);
        if (found == m_pages.end() || found->epoch != m_epoch)
            want(at / pageBytes);
        if (isWhole && found != m_pages.end()) {
            found->used = ++m_clock;
            const auto has = static_cast<quint64>(found->bytes.size());
            const size_t there = has > offset ? std::min<size_t>(part, has - offset) : 0;
            std::copy_n(found->bytes.constData() + offset, there, out.data() + done);
            known += there;
            isWhole = there == part;
        } else {
            isWhole = false;
        }
        done += part;
    }
    return static_cast<qsizetype>(known);
}

TargetMemory::State TargetMemory::stateAt(quint64 address) const {
    const Page *found = page(address);
    if (!found)
        return State::unknown;
    return static_cast<quint64>(found->bytes.size()) > address % pageBytes ? State::readable
           : found->state == State::unknown                                ? State::unknown
                                                                           : State::unreadable;
}

bool TargetMemory::isStaleAt(quint64 address) const {
    const Page *found = page(address);
    return found && found->epoch != m_epoch;
}

QString TargetMemory::problemAt(quint64 address) const {
    const Page *found = page(address);
    return found ? found->problem : QString();
}

bool TargetMemory::hasChangedAt(quint64 address) const {
    const Page *found = page(address);
    const auto offset = static_cast<qsizetype>(address % pageBytes);
    return found && found->epoch == m_epoch && offset < found->bytes.size() &&
           offset < found->previous.size() && found->bytes[offset] != found->previous[offset];
}

void TargetMemory::markStale() {
    ++m_epoch;
    m_pending.clear();
    m_underWay.clear();
    m_wanted.clear();
}

void TargetMemory::want(quint64 number) {
    if (!m_target || m_underWay.contains(number))
        return;
    m_wanted.insert(number);
    if (!m_tick.isActive())
        m_tick.start();
}

void TargetMemory::ask() {
    if (!m_target)
        return;
    std::vector<quint64> numbers(m_wanted.cbegin(), m_wanted.cend());
    m_wanted.clear();
    std::sort(numbers.begin(), numbers.end());
    for (size_t i = 0; i < numbers.size();) {
        size_t end = i + 1;
        while (end < numbers.size() && numbers[end] == numbers[end - 1] + 1 && end - i < maxPagesAtOnce)
            ++end;
        for (size_t k = i; k < end; ++k)
            m_underWay.insert(numbers[k]);
        const Request request{numbers[i], end - i};
        const auto token =
            m_target->readMemory(m_space, request.first * pageBytes, request.count * pageBytes);
        m_pending.insert(token, request);
        i = end;
    }
}

void TargetMemory::take(quint64 token, const Result<QByteArray> &bytes) {
    const auto found = m_pending.find(token);
    if (found == m_pending.end())
        return; // somebody else's, or from before the last stop
    const Request request = *found;
    m_pending.erase(found);
    const auto got = bytes ? static_cast<quint64>(bytes->size()) : 0;
    for (quint64 i = 0; i < request.count; ++i) {
        const quint64 number = request.first + i;
        m_underWay.remove(number);
        if (i * pageBytes < got) {
            const auto begin = static_cast<qsizetype>(i * pageBytes);
            store(number, bytes->mid(begin, static_cast<qsizetype>(pageBytes)), State::readable, {});
        } else if (i * pageBytes - got < pageBytes) {
            store(number, {}, State::unreadable, bytes ? u"Not mapped."_s : bytes.error().message);
        } else {
            want(number); // the reply ended before it came to this page
        }
    }
    forgetOldest();
    emit arrived();
}

void TargetMemory::store(quint64 number, const QByteArray &bytes, State state, const QString &problem) {
    Page &page = m_pages[number];
    if (page.epoch != m_epoch)
        page.previous = std::exchange(page.bytes, {});
    page.bytes = bytes;
    page.state = state;
    page.problem = problem;
    page.epoch = m_epoch;
    page.used = ++m_clock;
}

void TargetMemory::forgetOldest() {
    if (m_pages.size() <= maxPages)
        return;
    std::vector<std::pair<quint64, quint64>> byUse;
    for (auto at = m_pages.cbegin(); at != m_pages.cend(); ++at)
        byUse.emplace_back(at->used, at.key());
    const auto quarter = byUse.begin() + maxPages / 4;
    std::nth_element(byUse.begin(), quarter, byUse.end());
    for (auto at = byUse.begin(); at != quarter; ++at)
        m_pages.remove(at->second);
}

} // namespace nitroscope::app
