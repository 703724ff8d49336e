// SPDX-License-Identifier: GPL-2.0-or-later
//
// What programs of the parent instance do with AF_VSOCK, in the patterns of AWS's samples and tools, without any
// knowledge of Nitroscope:
//
//   client CID PORT          the vsock sample: sends its standard input with its length before it, prints the answer
//   server PORT              its other half: takes one connection and sends back what came, in capital letters
//   command-server PORT      command-executer's: runs the command of a message, answers with its output
//   launcher CID PORT        starts a program by vfork(), which closes what is not its own, then connects the socket that it
//                            made before
//   relay PORT HOST-PORT     vsock-proxy: what connects to the port is joined with TCP to 127.0.0.1, by epoll, without
//                            blocking
#include <arpa/inet.h>
#include <cctype>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <string>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

int fail(const char *what) {
    std::perror(what);
    return 1;
}

sockaddr_vm at(unsigned cid, unsigned port) {
    sockaddr_vm address{};
    address.svm_family = AF_VSOCK;
    address.svm_cid = cid;
    address.svm_port = port;
    return address;
}

bool sendAll(int fd, const void *bytes, size_t size) {
    for (size_t done = 0; done < size;) {
        const ssize_t sent = send(fd, static_cast<const char *>(bytes) + done, size - done, 0);
        if (sent <= 0)
            return false;
        done += static_cast<size_t>(sent);
    }
    return true;
}

bool receiveAll(int fd, void *bytes, size_t size) {
    return recv(fd, bytes, size, MSG_WAITALL) == static_cast<ssize_t>(size);
}

// A message: eight bytes of length, little-endian, and the text.
bool sendMessage(int fd, const std::string &text) {
    const uint64_t size = text.size();
    return sendAll(fd, &size, sizeof size) && sendAll(fd, text.data(), text.size());
}

bool receiveMessage(int fd, std::string &text) {
    uint64_t size = 0;
    if (!receiveAll(fd, &size, sizeof size) || size > 1 << 20)
        return false;
    text.resize(size);
    return size == 0 || receiveAll(fd, text.data(), size);
}

int listenAt(unsigned port, bool waits) {
    const int fd = socket(AF_VSOCK, SOCK_STREAM | (waits ? 0 : SOCK_NONBLOCK), 0);
    const sockaddr_vm address = at(VMADDR_CID_ANY, port);
    return bind(fd, reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0 && listen(fd, 16) == 0
               ? fd
               : -1;
}

int acceptOne(int listener) {
    sockaddr_vm peer{};
    socklen_t length = sizeof peer;
    const int fd = accept(listener, reinterpret_cast<sockaddr *>(&peer), &length);
    std::fprintf(stderr, "from %u, %u bytes of address\n", peer.svm_cid, length);
    return fd;
}

int client(unsigned cid, unsigned port) {
    const int fd = socket(AF_VSOCK, SOCK_STREAM, 0);
    const sockaddr_vm address = at(cid, port);
    if (connect(fd, reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0)
        return fail("connect");
    std::string text(4096, '\0'), answer;
    text.resize(std::fread(text.data(), 1, text.size(), stdin));
    if (!sendMessage(fd, text) || !receiveMessage(fd, answer))
        return fail("message");
    std::fwrite(answer.data(), 1, answer.size(), stdout);
    return 0;
}

int server(unsigned port) {
    const int listener = listenAt(port, true);
    if (listener < 0)
        return fail("listen");
    const int fd = acceptOne(listener);
    char byte = 0;
    while (recv(fd, &byte, 1, 0) == 1) {
        byte = static_cast<char>(std::toupper(static_cast<unsigned char>(byte)));
        if (!sendAll(fd, &byte, 1))
            return fail("send");
    }
    return 0;
}

int commandServer(unsigned port) {
    const int listener = listenAt(port, true);
    if (listener < 0)
        return fail("listen");
    const int fd = acceptOne(listener);
    std::string command, output;
    if (!receiveMessage(fd, command))
        return fail("message");
    FILE *program = popen(command.c_str(), "r");
    if (program == nullptr)
        return fail("popen");
    for (int byte = 0; (byte = std::fgetc(program)) != EOF;)
        output += static_cast<char>(byte);
    const int status = pclose(program);
    return sendMessage(fd, output + "status " + std::to_string(status) + "\n") ? 0 : fail("send");
}

int launcher(unsigned cid, unsigned port) {
    const int fd = socket(AF_VSOCK, SOCK_STREAM, 0);
    char name[] = "true";
    char *words[] = {name, nullptr};
    const pid_t child = vfork();
    if (child == 0) {
        dup2(fd, STDIN_FILENO);
        close(fd);
        execvp(name, words);
        _exit(1);
    }
    waitpid(child, nullptr, 0);
    const sockaddr_vm address = at(cid, port);
    if (connect(fd, reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0)
        return fail("connect");
    std::string answer;
    if (!sendMessage(fd, "still there") || !receiveMessage(fd, answer))
        return fail("message");
    std::puts(answer.c_str());
    return 0;
}

int relay(unsigned port, unsigned hostPort) {
    const int listener = listenAt(port, false), loop = epoll_create1(EPOLL_CLOEXEC);
    epoll_event event{EPOLLIN, {.fd = listener}};
    if (listener < 0 || epoll_ctl(loop, EPOLL_CTL_ADD, listener, &event) != 0 ||
        epoll_wait(loop, &event, 1, -1) != 1)
        return fail("listen");
    const int enclave = acceptOne(listener), host = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(hostPort));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(host, reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0)
        return fail("connect");
    int ends = 0;
    for (const int fd : {enclave, host}) {
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
        event = {EPOLLIN, {.fd = fd}};
        epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event);
    }
    while (ends < 2 && epoll_wait(loop, &event, 1, -1) == 1) {
        const int from = event.data.fd, to = from == enclave ? host : enclave;
        char bytes[4096];
        const ssize_t got = read(from, bytes, sizeof bytes);
        if (got > 0 && !sendAll(to, bytes, static_cast<size_t>(got)))
            return fail("send");
        if (got == 0) {
            shutdown(to, SHUT_WR);
            epoll_ctl(loop, EPOLL_CTL_DEL, from, nullptr);
            ++ends;
        }
    }
    return 0;
}

} // namespace

int main(int count, char **words) {
    const std::string verb = count > 1 ? words[1] : "";
    const auto number = [&](int i) {
        return count > i ? static_cast<unsigned>(std::strtoul(words[i], nullptr, 10)) : 0;
    };
    if (verb == "client")
        return client(number(2), number(3));
    if (verb == "server")
        return server(number(2));
    if (verb == "command-server")
        return commandServer(number(2));
    if (verb == "launcher")
        return launcher(number(2), number(3));
    return verb == "relay" ? relay(number(2), number(3)) : 2;
}
