// SPDX-License-Identifier: GPL-2.0-or-later
//
// The C interface of launch.h over the C++ parts beside it: open, judge, start measuring, report the outcome.
// Exceptions (out of memory, no more threads) end here and in the measuring threads, so that none reaches QEMU.

#include "qemu-machine/launch/launch.h"

#include "firmware/boot/handover.h"
#include "firmware/eif/parser.hpp"
#include "qemu-machine/abi/guard.hpp"
#include "qemu-machine/launch/hash/fast_crc.hpp"
#include "qemu-machine/launch/measure.hpp"
#include "qemu-machine/launch/preflight.hpp"
#include "qemu-machine/launch/problem.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <exception>
#include <new>
#include <pthread.h>
#include <signal.h>
#include <thread>

using namespace nitroscope;
using namespace nitroscope::launch;

static_assert(NITRO_LAUNCH_DIGEST_BYTES == digestBytes);
static_assert(NITRO_LAUNCH_MAX_SECTIONS == eif::maxSections);

struct NitroLaunch {
    explicit NitroLaunch(FileSource eif) : file(std::move(eif)), mapping(file) {}

    FileSource file;
    Mapping mapping;
    std::optional<FileSource> ramdisk;
    Mapping ramdiskMapping;
    std::string append;
    bool isStrict = true;
    bool isJudging = true;

    eif::Image image;
    Preflight preflight;
    NitroLaunchFacts facts = {};
    std::vector<NitroLaunchProblem> problems; // Warnings, shown to the caller.

    Measurements measured; // Written by the worker until isMeasured.
    std::atomic<bool> isMeasured = false;
    int outcome = NITRO_MEASURE_BUSY; // What the caller has been told; set once by conclude().
    NitroLaunchProblem verdict = {};

    std::jthread worker; // Last member: stopped and joined before the rest goes away.
};

namespace {

// New threads inherit the signal mask. QEMU's signals must reach its own threads only, those of faults stay
// open.
class BlockedSignals {
public:
    BlockedSignals() {
        sigset_t blocked;
        sigfillset(&blocked);
        for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL})
            sigdelset(&blocked, fault);
        pthread_sigmask(SIG_SETMASK, &blocked, &m_previous);
    }
    BlockedSignals(const BlockedSignals &) = delete;
    BlockedSignals &operator=(const BlockedSignals &) = delete;
    ~BlockedSignals() { pthread_sigmask(SIG_SETMASK, &m_previous, nullptr); }

private:
    sigset_t m_previous;
};

NitroLaunchProblem internalProblem(const char *what) {
    return makeProblem(Weight::refusal, NITRO_LAUNCH_REASON_INTERNAL, ErrorCode::none, {},
                       std::string("The image could not be measured: ") + what +
                           ". Close other programs to free memory and try again.");
}

// Needs no memory itself.
void sayOutOfMemory(NitroLaunchProblem &problem) noexcept {
    problem = {};
    problem.fatal = 1;
    problem.reason = NITRO_LAUNCH_REASON_INTERNAL;
    problem.section = -1;
    std::strncpy(problem.message, "Not enough memory or threads to open the image.",
                 sizeof problem.message - 1);
}

// strict=off turns a refusal into a warning.
void downgrade(NitroLaunchProblem &problem) {
    problem.fatal = 0;
}

void fillFacts(NitroLaunch &launch) {
    NitroLaunchFacts &facts = launch.facts;
    const eif::Image &image = launch.image;
    facts.eif_size = launch.file.size();
    facts.version = image.header.version;
    facts.flags = image.header.flags;
    facts.stored_crc = image.header.crc32;
    facts.section_count = image.sectionCount;
    facts.memory_needed = launch.preflight.memoryNeeded;
    for (size_t i = 0; i < image.sectionCount; ++i)
        facts.sections[i] = {.type = image.sections[i].rawType,
                             .header_offset = image.sections[i].headerOffset,
                             .offset = image.sections[i].dataOffset,
                             .size = image.sections[i].dataSize};
}

void warnOfExperiments(NitroLaunch &launch) {
    if (launch.append.empty() && !launch.ramdisk)
        return;
    const char *what = launch.append.empty() ? "-initrd adds a ramdisk"
                       : launch.ramdisk      ? "-append and -initrd change the command line and add a ramdisk"
                                             : "-append changes the command line";
    launch.problems.push_back(makeProblem(Weight::warning, NITRO_LAUNCH_REASON_EXPERIMENT, ErrorCode::none,
                                          {},
                                          std::string(what) + ": the PCRs differ from those of the file."));
}

void startMeasuring(NitroLaunch &launch) {
    const BlockedSignals blocked;
    launch.worker = std::jthread([&launch](std::stop_token stop) {
        try {
            // One processor is for the guest, which loads meanwhile.
            const unsigned processors = std::thread::hardware_concurrency();
            const MeasureExtras extras = {.append = launch.append,
                                          .ramdisk = launch.ramdisk ? &*launch.ramdisk : nullptr,
                                          .processors = processors > 0 ? processors - 1 : 1};
            launch.measured = measure(launch.file, launch.image, extras, std::move(stop));
        } catch (const std::exception &) {
            launch.measured = {};
            launch.measured.status = MeasureStatus::cryptoFailed;
        }
        launch.isMeasured.store(true, std::memory_order_release);
    });
}

// What only the measurement shows. `refuse` decides between refusal and warning.
void judgeMeasurement(NitroLaunch &launch) {
    const auto refuse = [&](NitroLaunchProblem problem) {
        if (!launch.isStrict) {
            downgrade(problem);
            launch.problems.push_back(problem);
        } else if (launch.outcome != NITRO_MEASURE_REFUSED) {
            launch.verdict = problem;
            launch.outcome = NITRO_MEASURE_REFUSED;
        }
    };
    const Measurements &measured = launch.measured;
    if (measured.crc && *measured.crc != launch.image.header.crc32)
        refuse(makeProblem(Weight::refusal, eif::Problem::crcMismatch, {-1, eif::crcOffset}));
    if (measured.pcr0 && launch.preflight.signature)
        if (const auto finding = compareSignedRegister(launch.preflight.signature->section, *measured.pcr0))
            refuse(toProblem(*finding, launch.image.find(eif::SectionType::signature)));
}

// A file that could not be read to its end. The place in the extra ramdisk goes into the sentence: a problem's
// place is one in the EIF.
NitroLaunchProblem readProblem(const NitroLaunch &launch) {
    const Measurements &measured = launch.measured;
    const std::string remedy = " was changed or could not be read while it was measured; start again when "
                               "nothing writes to it any more.";
    if (measured.failedFile == MeasuredFile::extraRamdisk)
        return makeProblem(Weight::refusal, NITRO_LAUNCH_REASON_EXTRA_RAMDISK, ErrorCode::none, {},
                           "The ramdisk file of -initrd (byte " + std::to_string(measured.failedOffset) +
                               ")" + remedy);
    return makeProblem(Weight::refusal, NITRO_LAUNCH_REASON_FILE_CHANGED, ErrorCode::e19,
                       {sectionAt(launch.image, measured.failedOffset), measured.failedOffset},
                       "The file" + remedy);
}

// Turns the finished measurement into the outcome; runs once, on the caller's thread.
void conclude(NitroLaunch &launch) {
    if (launch.outcome != NITRO_MEASURE_BUSY || !launch.isMeasured.load(std::memory_order_acquire))
        return;
    const Measurements &measured = launch.measured;
    launch.facts.computed_crc = measured.crc.value_or(0);
    if (measured.status == MeasureStatus::readFailed) {
        launch.verdict = readProblem(launch);
        launch.outcome = NITRO_MEASURE_REFUSED;
    } else if (measured.status != MeasureStatus::done) {
        launch.verdict = internalProblem("memory or threads ran out, or OpenSSL failed");
        launch.outcome = NITRO_MEASURE_REFUSED;
    } else if (launch.isJudging) {
        judgeMeasurement(launch);
    }
    if (launch.outcome == NITRO_MEASURE_BUSY)
        launch.outcome = NITRO_MEASURE_READY;
}

NitroLaunch *openLaunch(const NitroLaunchOptions &options, NitroLaunchProblem &problem) {
    auto file = FileSource::open(options.eif_path, "EIF");
    if (!file) {
        problem = makeProblem(Weight::refusal, NITRO_LAUNCH_REASON_FILE, ErrorCode::e19, {}, file.error());
        return nullptr;
    }
    auto launch = std::make_unique<NitroLaunch>(std::move(*file));
    launch->isStrict = options.strict != 0;
    launch->isJudging = options.preflight != 0;
    launch->append = options.append ? options.append : "";
    if (!launch->mapping.data()) {
        problem = internalProblem("it could not be mapped");
        return nullptr;
    }
    if (options.initrd_path && *options.initrd_path) {
        auto ramdisk = FileSource::open(options.initrd_path, "ramdisk");
        if (!ramdisk) {
            problem = makeProblem(Weight::refusal, NITRO_LAUNCH_REASON_EXTRA_RAMDISK, ErrorCode::none, {},
                                  ramdisk.error());
            return nullptr;
        }
        launch->ramdisk = std::move(*ramdisk);
        launch->ramdiskMapping = Mapping(*launch->ramdisk);
        if (!launch->ramdiskMapping.data()) {
            problem = internalProblem("the ramdisk could not be mapped");
            return nullptr;
        }
    }

    SourceView view(launch->file);
    const auto machine = options.arm64 ? eif::Machine::aarch64 : eif::Machine::x86_64;
    launch->image = eif::parse(view, machine);
    constexpr uint64_t usualBelow4G = uint64_t{3} << 30;
    launch->preflight =
        judge({.source = launch->file,
               .image = launch->image,
               .memory = {.total = options.ram_size,
                          .below4G = options.ram_below_4g ? options.ram_below_4g
                                                          : std::min(options.ram_size, usualBelow4G)},
               .extraRamdiskBytes = launch->ramdisk ? launch->ramdisk->size() : 0,
               .appendBytes = launch->append.size(),
               .now = options.now_seconds,
               .machine = machine});
    fillFacts(*launch);
    if (launch->isJudging) {
        if (const NitroLaunchProblem *refusal = launch->preflight.firstRefusal();
            refusal && launch->isStrict) {
            problem = *refusal;
            return nullptr;
        }
        launch->problems = launch->preflight.problems;
        for (NitroLaunchProblem &each : launch->problems)
            downgrade(each);
    }
    warnOfExperiments(*launch);
    startMeasuring(*launch);
    return launch.release();
}

void copyOut(const Digest &digest, uint8_t out[48]) {
    std::memcpy(out, digest.data(), digest.size());
}

void copyTextPcr(const char *text, uint8_t out[48]) {
    copyOut(guarded([text] { return extendZeroWithText(text ? text : ""); }, [] { return Digest{}; }), out);
}

} // namespace

extern "C" {

NitroLaunch *nitro_launch_open(const NitroLaunchOptions *options, NitroLaunchProblem *problem) {
    *problem = {};
    return guarded([&] { return openLaunch(*options, *problem); },
                   [&]() -> NitroLaunch * {
                       sayOutOfMemory(*problem);
                       return nullptr;
                   });
}

void nitro_launch_close(NitroLaunch *launch) {
    delete launch;
}

size_t nitro_launch_problem_count(const NitroLaunch *launch) {
    return launch->problems.size();
}

const NitroLaunchProblem *nitro_launch_problem(const NitroLaunch *launch, size_t index) {
    return index < launch->problems.size() ? &launch->problems[index] : nullptr;
}

const uint8_t *nitro_launch_eif(const NitroLaunch *launch, uint64_t *size) {
    *size = launch->mapping.size();
    return reinterpret_cast<const uint8_t *>(launch->mapping.data());
}

const uint8_t *nitro_launch_extra_ramdisk(const NitroLaunch *launch, uint64_t *size) {
    *size = launch->ramdiskMapping.size();
    return reinterpret_cast<const uint8_t *>(launch->ramdiskMapping.data());
}

int nitro_launch_poll(NitroLaunch *launch) {
    guarded([launch] { conclude(*launch); },
            [launch] {
                sayOutOfMemory(launch->verdict);
                launch->outcome = NITRO_MEASURE_REFUSED;
            });
    return launch->outcome;
}

int nitro_launch_wait(NitroLaunch *launch) {
    if (launch->worker.joinable())
        launch->worker.join();
    return nitro_launch_poll(launch);
}

const NitroLaunchProblem *nitro_launch_verdict(const NitroLaunch *launch) {
    return launch->outcome == NITRO_MEASURE_REFUSED ? &launch->verdict : nullptr;
}

int nitro_launch_is_signed(const NitroLaunch *launch) {
    return launch->preflight.signature && launch->preflight.signature->pcr8;
}

const char *nitro_launch_ecode(uint32_t reason) {
    ErrorCode code = ErrorCode::e36;
    if (reason == NITRO_BOOT_REASON_MEMORY_TOO_SMALL)
        code = ErrorCode::e26;
    else if (reason < NITRO_BOOT_REASON_FIRST)
        code = codeFor(static_cast<eif::Problem>(reason));
    return text(code).data(); // a literal, so it ends with a zero
}

int nitro_launch_measurement(const NitroLaunch *launch, unsigned pcr, uint8_t out[48]) {
    if (launch->outcome == NITRO_MEASURE_BUSY)
        return -1;
    std::optional<Digest> value;
    if (pcr == 0)
        value = launch->measured.pcr0;
    else if (pcr == 1)
        value = launch->measured.pcr1;
    else if (pcr == 2)
        value = launch->measured.pcr2;
    else if (pcr == 8)
        value = nitro_launch_is_signed(launch) ? *launch->preflight.signature->pcr8 : Digest{};
    if (!value)
        return -1;
    copyOut(*value, out);
    return 0;
}

void nitro_launch_role_pcr(const char *role_arn, uint8_t out[48]) {
    copyTextPcr(role_arn, out);
}

void nitro_launch_instance_pcr(const char *instance_id, uint8_t out[48]) {
    copyTextPcr(instance_id, out);
}

const NitroLaunchFacts *nitro_launch_facts(const NitroLaunch *launch) {
    return &launch->facts;
}

uint32_t nitro_launch_checksum(uint32_t state, const uint8_t *data, size_t size) {
    return fastCrcBytes(state, std::as_bytes(std::span(data, size)));
}

void nitro_launch_release_pages(NitroLaunch *launch) {
    launch->mapping.releasePages();
    launch->ramdiskMapping.releasePages();
}
}
