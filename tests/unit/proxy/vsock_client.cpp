// SPDX-License-Identifier: GPL-2.0-or-later
//
// Connects to port 5000 of CID 16 and says what came of it. Linked in ways that a preload library reaches and
// in ways that it does not, for `parent`, which has to tell them apart.
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <linux/vm_sockets.h>
#include <sys/socket.h>

#ifdef NITROSCOPE_GO_NOTE
// What Go's linker puts into every program.
asm(".pushsection .note.go.buildid, \"a\", @note\n"
    ".long 4, 4, 4\n"
    ".ascii \"Go\\0\\0test\"\n"
    ".popsection\n");
#endif

int main() {
    sockaddr_vm address{};
    address.svm_family = AF_VSOCK;
    address.svm_cid = 16;
    address.svm_port = 5000;
    const int fd = socket(AF_VSOCK, SOCK_STREAM, 0);
    const bool isConnected =
        fd >= 0 && connect(fd, reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0;
    std::printf("%s\n", isConnected ? "connected" : "not connected");
    return isConnected ? 0 : 3;
}
