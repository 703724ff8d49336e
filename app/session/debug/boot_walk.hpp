// SPDX-License-Identifier: GPL-2.0-or-later
//
// Follows a boot with breakpoints of its own that nobody sees, and stops it where it was told to.
//
// Always: from the kernel's entry it follows the decompressor to the first instruction of the unpacked
// kernel, compares a few relocated fields there with the file, and so knows how far KASLR has moved the
// kernel before that has done anything. With start_kernel, by which is known that it has been passed, these are four
// silent stops per boot.
//
// On request: a boot point. Points in the kernel are symbols moved by that distance. The first instruction of
// a program is found through start_thread(regs, new_ip, new_sp), with which every ELF loader of Linux sets
// where user space begins: position-independent programs, dynamic loaders and address space randomisation
// included. That it is init's is known by the kernel stack it shares with run_init_process; that it is the
// application's, by the entry of the program in ramdisk 1.
#pragma once

#include "app/session/debug/boot_map.hpp"
#include "app/session/debug/machine_control.hpp"
#include "app/session/gdb/gdb_broker.hpp"
#include "app/session/target/debug_types.hpp"

namespace nitroscope::app {

class BootWalk : public QObject {
    Q_OBJECT
public:
    enum class Verdict { notMine, goesOn, arrived };
    struct Place { // one that a boot passes, or that is run to for another reason
        QString text;
        std::optional<quint64> root; // of the address space that it is in; any when there is none
    };
    using Decision = std::function<void(Verdict verdict, const QString &text)>;

    // `party` is whom its breakpoints belong to.
    BootWalk(GdbBroker *broker, const void *party, MachineControl *machine, QObject *parent = nullptr);

    // The target must stand at its reset vector.
    void begin(BootMapPointer map);
    // The target is somewhere in a life that nobody has followed.
    void enter(BootMapPointer map);
    const BootMapPointer &map() const { return m_map; }
    // Everything known of this boot is void.
    void afterReset();

    // Why a boot point cannot be reached, in this boot either; empty when it can.
    QString problem(BootPoint point) const;
    // One at a time; takes effect when the target is resumed.
    void aim(BootPoint point);
    void abandon();

    // Looks at a stop. `decide` is called once, perhaps later; of a stop before a reset, so that it goes on.
    void consider(const TargetStop &stop, const Decision &decide);

    // Boot points of this boot whose addresses are known, to go back to.
    QMap<quint64, Place> passed() const;

    // The file whose first instruction was arrived at last, in the root file system, and where that is; empty
    // and 0 when the last arrival was elsewhere.
    const std::pair<QString, quint64> &entered() const { return m_entered; }

    // Found out otherwise: a recording is entered anywhere.
    void learnSlide(quint64 slide) { setSlide(slide); }
    // Runtime minus linked address of the kernel; nothing before it was unpacked.
    std::optional<quint64> slide() const { return m_slide; }
    // First instruction of the unpacked kernel, guest-physical.
    std::optional<quint64> unpackedAt() const { return m_unpackedAt; }

signals:
    // The slide has become known, or unknown.
    void placed();

private:
    struct User { // a program that is about to be entered
        quint64 entry = 0, root = 0;
    };

    std::optional<quint64> kernelSymbol(const char *name) const;
    QString levelText(const formats::InitcallLevel &level) const;
    void plantTracker();
    void plantAim();
    bool track(const TargetStop &stop, const Decision &decide);
    void readPlace(const TargetStop &stop, const Decision &decide);
    void setSlide(quint64 slide);
    bool considerAim(const TargetStop &stop, const Decision &decide);
    Verdict considerProgram(const TargetStop &stop, QString *text);
    bool isWanted(quint64 entry, const TargetStop &stop) const;
    void arrive(const Decision &decide, const QString &text);
    void note(BootPoint passed);
    bool hasPassed(BootPoint point) const;

    GdbBroker *m_broker;
    BreakpointRegistry *m_breakpoints;
    MachineControl *m_machine;
    BootMapPointer m_map;
    quint64 m_boot = 0;                      // grows when what is known of one is void
    BootPoint m_furthest = BootPoint::reset; // that this boot is known to have passed
    quint64 m_startKernelAt = 0;             // 0 = not planted
    std::optional<BootPoint> m_aim;
    std::optional<quint64> m_slide, m_unpackedAt;
    quint64 m_copyJumpAt = 0, m_outJumpAt = 0; // 0 = not planted
    QMap<quint64, QString> m_places;           // addresses that are the aim, with what to say
    quint64 m_startThreadAt = 0, m_runInitAt = 0;
    std::optional<quint64> m_initStack; // kernel stack of the task that starts init
    bool m_isInitStarted = false;
    std::optional<User> m_user;
    std::pair<QString, quint64> m_entered;
    QMap<quint64, Place> m_firsts;         // first instructions of programs that were arrived at
    const BreakpointOwner m_track, m_aims; // breakpoints on the way, and of the aim
};

} // namespace nitroscope::app
