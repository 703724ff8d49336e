// SPDX-License-Identifier: GPL-2.0-or-later
//
// A stand-in for QEMU: takes the same arguments, connects to the same socket and pipes, speaks just enough
// QMP, and plays the scenario that $NITROSCOPE_FAKE_QEMU names (see the table in play()). Plain blocking
// POSIX code, so that it shares nothing with what it tests.
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace {

std::string scenario;
int qmp = -1;
int console = -1; // to the user
int keyboard = -1;
bool connected = false; // capabilities are negotiated
bool replays = false;   // a recording of 1000 instructions

int connectTo(const std::string &path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        std::exit(70);
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, reinterpret_cast<sockaddr *>(&address), sizeof address) != 0)
        std::exit(71);
    return fd;
}

void put(int fd, const std::string &bytes) {
    size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t count = write(fd, bytes.data() + done, bytes.size() - done);
        if (count <= 0)
            std::exit(72);
        done += static_cast<size_t>(count);
    }
}

void say(const std::string &line) {
    put(qmp, line + "\r\n");
}

void event(const std::string &name, const std::string &data = "{}") {
    say(R"({"timestamp": {"seconds": 1, "microseconds": 0}, "event": ")" + name + R"(", "data": )" + data +
        "}");
}

void stage(const std::string &name, int at) {
    event("ENCLAVE_BOOT_STAGE", R"({"stage": ")" + name + R"(", "virtual-time-ns": )" + std::to_string(at) +
                                    R"(, "host-time-ns": )" + std::to_string(at) + "}");
}

void shutdown(const std::string &reason) {
    event("SHUTDOWN", R"({"guest": true, "reason": ")" + reason + R"("})");
    event("STOP");
}

// An empty capture, where QEMU is told to write one. A test may have put there what a full disk leaves.
constexpr unsigned char section[] = {0x0a, 0x0d, 0x0d, 0x0a, 28, 0, 0,    0,    0x4d, 0x3c,
                                     0x2b, 0x1a, 1,    0,    0,  0, 0xff, 0xff, 0xff, 0xff,
                                     0xff, 0xff, 0xff, 0xff, 28, 0, 0,    0};

void writeCapture(const std::string &path) {
    const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0 && errno == EEXIST)
        return;
    if (file < 0 || write(file, section, sizeof section) != sizeof section)
        std::exit(73);
    close(file);
}

// In a replay: the life that was recorded, to its end or to where the scenario leaves it.
void playAgain() {
    event("RESUME");
    put(console, "hello from the guest\r\n");
    if (scenario == "diverges")
        event("RECORDING_DIVERGED", R"({"icount": 512, "what": "rax", "expected": "1", "found": "2"})");
    else
        event("RECORDING_ENDED", R"({"icount": 1000})");
    event("STOP");
}

// What happens once the guest may run.
void play() {
    if (replays) {
        playAgain();
        return;
    }
    event("RESUME");
    if (scenario == "killed") {
        put(console, "last line\r\n");
        std::raise(SIGKILL);
    }
    if (scenario == "segv") {
        std::signal(SIGSEGV, SIG_DFL);
        std::raise(SIGSEGV);
    }
    stage("reset", 1);
    stage("header", 2);
    if (scenario == "boot-failed") {
        put(console, "EIF: bad checksum\r\n");
        event(
            "ENCLAVE_BOOT_FAILED",
            R"({"stage": "crc", "reason": 20, "offset": 544, "message": "The checksum is wrong.", "e-code": "E36"})");
        event("GUEST_PANICKED", R"({"action": "pause"})");
        event("STOP");
        return;
    }
    if (scenario == "internal-error") {
        std::fputs(
            "KVM internal error. Suberror: 1\nemulation failure\nRAX=0000000000000000 RBX=0000000000000000\n"
            "Code=c5 f8 77\n",
            stderr);
        event("STOP");
        return;
    }
    stage("handoff", 3);
    event("ENCLAVE_BOOT_WARNING", R"({"reason": 1, "message": "PCRs differ from the file's."})");
    if (scenario == "flood")
        for (int i = 0; i < 64; ++i)
            put(console, std::string(65536, static_cast<char>('a' + i % 26)));
    put(console, "hello from the guest\r\n");
    if (scenario == "program-failed")
        put(console, "child exited with error\r\n[    1.0] reboot: Restarting system\r\n");
    if (scenario == "program-missing")
        put(console, "execvpe: app: No such file or directory\r\nchild exited with error\r\n");
    if (scenario == "panic-stays")
        put(console, "mount: /tmp: No such file or directory\r\n"
                     "[    1.0] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000200\r\n");
    if (scenario == "panic")
        put(console, "[    1.0] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000b00\r\n");
    if (scenario == "reboot" || scenario == "flood") // an event that the session does not listen to
        event("NSM_PCR_CHANGED", R"({"index": 16, "locked": false, "cause": "extend"})");
    if (scenario == "reboot" || scenario == "panic" || scenario == "flood" ||
        scenario.starts_with("program-"))
        shutdown("guest-reset");
    if (scenario == "poweroff")
        shutdown("guest-shutdown");
    if (scenario == "hang-up")
        ::shutdown(qmp, SHUT_RDWR);
    if (scenario == "complain")
        for (int i = 1; i <= 1000; ++i)
            std::fprintf(stderr, "qemu-system-x86_64: complaint %d of the guest's making\n", i);
    if (scenario == "exit" || scenario == "complain")
        std::exit(3);
}

void obey(const std::string &line) {
    const auto has = [&line](const char *name) {
        return line.find("\"execute\":\"" + std::string(name) + "\"") != std::string::npos;
    };
    const size_t at = line.find("\"id\":");
    const std::string id = at == std::string::npos ? "0" : std::to_string(std::atoll(line.c_str() + at + 5));
    const auto answer = [&id](const std::string &value) {
        say("{\"return\": " + value + ", \"id\": " + id + "}");
    };

    if (has("quit")) {
        if (scenario == "ignores-quit" || scenario == "deaf")
            return;
        answer("{}");
        event("SHUTDOWN", R"({"guest": false, "reason": "host-qmp-quit"})");
        std::exit(0);
    }
    if (has("query-recording") && replays) {
        answer(
            R"({"mode": "replay", "icount": 0, "end": 1000, "snapshots": [{"name": "a", "icount": 0, "bytes": 1}]})");
        return;
    }
    if (has("recording-seek") && replays) {
        const size_t place = line.find("\"icount\":");
        answer("{}");
        event("RECORDING_REACHED",
              "{\"icount\": " + std::to_string(std::atoll(line.c_str() + place + 9)) + "}");
        return;
    }
    if (has("query-status") && scenario == "internal-error") {
        answer(R"({"status": "internal-error", "running": false})");
        return;
    }
    answer("{}");
    if (has("qmp_capabilities"))
        connected = true;
    else if (has("cont") && connected)
        play();
    else if (has("stop"))
        event("STOP");
    else if (has("enclave-reset"))
        stage("reset", 4);
}

// A guest that reads its keyboard late, and ends when it has read four mebibytes.
void takeLate(size_t bytes) {
    static size_t taken = 0;
    constexpr size_t wanted = 4 << 20;
    constexpr unsigned laterUs = 300'000;
    if (taken == 0)
        usleep(laterUs);
    taken += bytes;
    if (taken == wanted) {
        put(console, "all of it\r\n");
        shutdown("guest-reset");
    }
}

// The same to whom it is sent, with "machine" as its only interface; it stays open while we run.
void sendCapture(const std::string &path) {
    constexpr unsigned char machine[] = {1, 0, 0, 0, 44, 0,   0,   0,   149, 0,   0,   0,   0, 0, 0,
                                         0, 2, 0, 7, 0,  'm', 'a', 'c', 'h', 'i', 'n', 'e', 0, 9, 0,
                                         1, 0, 9, 0, 0,  0,   0,   0,   0,   0,   44,  0,   0, 0};
    const int stream = connectTo(path);
    put(stream, std::string(reinterpret_cast<const char *>(section), sizeof section));
    put(stream, std::string(reinterpret_cast<const char *>(machine), sizeof machine));
}

// Lines of QMP are obeyed, bytes of the console are echoed in brackets, until somebody says quit.
int serve() {
    std::string partial;
    char bytes[4096];
    for (;;) {
        pollfd polled[] = {{qmp, POLLIN, 0}, {keyboard, POLLIN, 0}};
        if (poll(polled, 2, -1) < 0)
            continue;
        if (polled[1].revents) {
            const ssize_t count = read(keyboard, bytes, sizeof bytes);
            if (count <= 0)
                return 0;
            if (scenario == "late-reader")
                takeLate(static_cast<size_t>(count));
            else
                put(console, "[" + std::string(bytes, static_cast<size_t>(count)) + "]");
        }
        if (!polled[0].revents)
            continue;
        const ssize_t count = read(qmp, bytes, sizeof bytes);
        if (count <= 0) {
            if (scenario != "hang-up")
                return 0;
            pause();
        }
        partial.append(bytes, static_cast<size_t>(count));
        for (size_t end; (end = partial.find('\n')) != std::string::npos; partial.erase(0, end + 1))
            obey(partial.substr(0, end));
    }
}

} // namespace

int main(int argc, char **argv) {
    if (const char *name = std::getenv("NITROSCOPE_FAKE_QEMU"))
        scenario = name;

    std::string qmpPath, consolePath;
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        const size_t at = word.find("path=");
        if (word.rfind("socket,id=qmp,", 0) == 0)
            qmpPath = word.substr(at + 5, word.find(",server=") - at - 5);
        else if (word.rfind("pipe,id=console,", 0) == 0)
            consolePath = word.substr(at + 5);
        else if (word.rfind("file,id=capture,", 0) == 0)
            writeCapture(word.substr(at + 5));
        else if (word.rfind("socket,id=capture,", 0) == 0)
            sendCapture(word.substr(at + 5, word.find(",server=") - at - 5));
        replays = replays || word.find("rr=replay") != std::string::npos;
    }

    if (scenario == "refuse") {
        std::fputs(
            "qemu-system-x86_64: E35: The magic is wrong (header, byte 0 = 0x0 of the file). (/e.eif)\n"
            R"json({"nitro-refusal": {"code": "E35", "stage": "launch", "reason": 3, "offset": 0, )json"
            R"json("file": "/e.eif", "message": "E35: The magic is wrong (header, byte 0 = 0x0 of the )json"
            R"json(file). (/e.eif)"}})json"
            "\n",
            stderr);
        return 1;
    }
    if (scenario == "refuse-option") {
        std::fputs(R"json({"nitro-refusal": {"code": "", "stage": "launch", "option": "region", )json"
                   R"json("message": "the region is wrong"}})json"
                   "\nqemu-system-x86_64: -machine nitro-enclave,region=x: the region is wrong\n",
                   stderr);
        return 1;
    }
    if (scenario == "bad-option") {
        std::fputs("qemu-system-x86_64: -m 1: memory is too small\n", stderr);
        return 1;
    }
    if (scenario == "crash-at-start") {
        std::fputs("ERROR:../hw/core/something.c:12: assertion failed\n", stderr);
        std::signal(SIGABRT, SIG_DFL);
        std::raise(SIGABRT);
    }
    if (scenario == "deaf")
        std::signal(SIGTERM, SIG_IGN);
    if (scenario == "silent")
        pause();
    if (scenario == "tidy") { // has no monitor yet, and something to do before it ends
        sigset_t awaited;
        sigemptyset(&awaited);
        sigaddset(&awaited, SIGTERM);
        sigprocmask(SIG_BLOCK, &awaited, nullptr);
        std::fputs("starting\n", stderr);
        int received = 0;
        sigwait(&awaited, &received);
        usleep(20'000);
        std::fputs("tidied up\n", stderr);
        return 0;
    }

    qmp = connectTo(qmpPath);
    // For both directions, as QEMU does.
    console = open((consolePath + ".out").c_str(), O_RDWR | O_CLOEXEC);
    keyboard = open((consolePath + ".in").c_str(), O_RDWR | O_CLOEXEC);
    if (scenario == "no-greeting")
        pause();
    if (scenario == "garbage")
        say("this is not QMP");
    say(R"({"QMP": {"version": {"qemu": {"micro": 0, "minor": 0, "major": 10}, "package": "fake"}, "capabilities": []}})");
    return serve();
}
