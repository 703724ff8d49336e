// SPDX-License-Identifier: GPL-2.0-or-later
//
// `proxy`: TCP to an enclave's vsock ports and back, see app/session/proxy/port_proxy.hpp. Runs until it is
// told to stop.
#include "app/cli/kit/arguments.hpp"
#include "app/cli/kit/console_output.hpp"
#include "app/cli/kit/exit_code.hpp"
#include "app/cli/kit/signal_watch.hpp"
#include "app/cli/vsock/vsock_place.hpp"
#include "app/kms/server/kms_start.hpp"
#include "app/session/proxy/port_proxy.hpp"
#include "app/session/proxy/proxy_allow_list.hpp"
#include "app/session/registry/free_cid.hpp"

#include <csignal>
#include <memory>
#include <QCoreApplication>
#include <QFile>

namespace nitroscope::cli {

using namespace Qt::Literals::StringLiterals;
namespace {

using app::PortProxy;
using app::ProxyRule;

struct ProxyOptions {
    VsockChoice vsock;
    std::string host, listenAt = "127.0.0.1", config;
    quint32 enclavePort = 0;
    quint16 port = 0;
    unsigned workers = 0;
    bool onlyIpv4 = false, onlyIpv6 = false;
    bool verbose = false;
    std::pair<std::string, quint16> allowed; // that an allow-list must have
};

// Until a signal comes; then all connections end and the listening socket's path is removed.
int serve(const ProxyRule &rule, const QString &where, bool verbose) {
    PortProxy proxy(rule);
    if (const auto listening = proxy.listen(); !listening) {
        say(listening.error().text());
        return refused;
    }
    QObject::connect(&proxy, &PortProxy::failed, [](const QString &why) { say(why); });
    if (verbose) {
        QObject::connect(&proxy, &PortProxy::opened,
                         [](const QString &peer) { say(u"connected to "_s + peer); });
        QObject::connect(&proxy, &PortProxy::closed, [](quint64 fromTcp, quint64 fromEnclave) {
            say(u"a connection has ended: %1 bytes into the enclave, %2 out of it"_s.arg(fromTcp).arg(
                fromEnclave));
        });
    }
    say(rule.direction == ProxyRule::Direction::intoEnclave
            ? u"listening on %1 port %2 for port %3 of the enclave"_s.arg(rule.host)
                  .arg(proxy.tcpPort())
                  .arg(rule.enclavePort)
            : u"listening on CID 3 port %1 for %2"_s.arg(rule.enclavePort).arg(where));
    int code = ok;
    const SignalWatch signalWatch([&code](int signal) {
        code = bySignal + signal;
        QCoreApplication::quit();
    });
    QCoreApplication::exec();
    // Ended on request, which is how a proxy ends.
    return code == bySignal + SIGINT || code == bySignal + SIGTERM ? ok : code;
}

int serveInto(const ProxyOptions &options) {
    const auto path = locateVsock(options.vsock);
    if (!path) {
        say(path.error().text());
        return refused;
    }
    ProxyRule rule;
    rule.direction = ProxyRule::Direction::intoEnclave;
    rule.vsockPath = path->path;
    rule.enclavePort = options.enclavePort;
    rule.host = textOf(options.listenAt);
    rule.port = options.port;
    return serve(rule, {}, options.verbose);
}

// What stands for a service of AWS's on this computer: where it is, and as what an allow-list has it.
struct LocalService {
    const char *name;
    quint16 port, awsPort;
    const char *awsHost;
};
constexpr LocalService localServices[] = {
    {"kms", kms::usualTlsPort, 443, "kms.us-east-1.amazonaws.com"},
    {"imds", kms::usualImdsPort, 80, "169.254.169.254"},
};

// The host and port to connect to, for the local services as well. Throws CLI::ValidationError for a host without a port.
void fillTarget(ProxyOptions &options) {
    options.allowed = {options.host, options.port};
    for (const LocalService &service : localServices)
        if (options.host == service.name) {
            options.allowed = {service.awsHost, service.awsPort};
            options.host = "127.0.0.1";
            options.port = options.port == 0 ? service.port : options.port;
        }
    if (options.port == 0)
        throw CLI::ValidationError("PORT", "is required for a host that is neither kms nor imds");
}

int serveOut(const ProxyOptions &options) {
    const auto path = locateVsock(options.vsock);
    if (!path) {
        say(path.error().text());
        return refused;
    }
    const QString host = textOf(options.host), where = u"%1 port %2"_s.arg(host).arg(options.port);
    if (!options.config.empty()) {
        const auto list = app::ProxyAllowList::read(pathOf(options.config));
        if (!list) {
            say(list.error().text());
            return refused;
        }
        const auto &[allowedHost, allowedPort] = options.allowed;
        if (!list->permits(textOf(allowedHost), allowedPort)) {
            say(u"%1 port %2 is not in the allow-list %3; add \"- {address: %1, port: %2}\" to it"_s
                    .arg(textOf(allowedHost))
                    .arg(allowedPort)
                    .arg(pathOf(options.config)));
            return refused;
        }
    }
    ProxyRule rule;
    rule.direction = ProxyRule::Direction::outOfEnclave;
    rule.vsockPath = path->path;
    rule.enclavePort = options.enclavePort;
    rule.host = host;
    rule.port = options.port;
    if (options.onlyIpv4 || options.onlyIpv6)
        rule.family = options.onlyIpv4 ? QAbstractSocket::IPv4Protocol : QAbstractSocket::IPv6Protocol;
    return serve(rule, where, options.verbose);
}

void addCommon(CLI::App &command, ProxyOptions &options) {
    command.add_option("--vsock", options.vsock.path, "vsock socket of the enclave [the one that runs]")
        ->type_name("PATH");
    command.add_option("--cid", options.vsock.cid, "The running enclave with this CID")
        ->check(CLI::Range(app::minEnclaveCid, app::maxEnclaveCid));
    command.add_flag("--verbose", options.verbose, "Also report each connection");
}

} // namespace

void addProxy(CLI::App &parser, int &code) {
    CLI::App *command = parser.add_subcommand("proxy", "Connect TCP with an enclave's vsock ports");
    command->require_subcommand(1);
    auto options = std::make_shared<ProxyOptions>();

    CLI::App *into = command->add_subcommand("in", "Publish a port of the enclave on TCP");
    into->add_option("TCP_PORT", options->port, "Port to listen on; 0 picks a free one and prints it")
        ->required()
        ->check(CLI::Range(0, 65535));
    into->add_option("ENCLAVE_PORT", options->enclavePort, "Port that the enclave listens on")->required();
    into->add_option("--address", options->listenAt, "Address to listen on [127.0.0.1]")
        ->type_name("ADDRESS");
    addCommon(*into, *options);
    into->callback([options, &code] { code = serveInto(*options); });

    CLI::App *out = command->add_subcommand("out", "Let the enclave reach a TCP host, like vsock-proxy");
    out->add_option("VSOCK_PORT", options->enclavePort, "Port of CID 3 that the enclave connects to")
        ->required();
    out->add_option("HOST", options->host,
                    "Host to connect to; kms and imds: those of `kms serve` on this computer")
        ->required();
    out->add_option("PORT", options->port, "Its port; kms and imds have one [4567, 4568]")
        ->check(CLI::Range(1, 65535));
    out->add_option("--config", options->config,
                    "Allow-list in vsock-proxy's YAML; refuse a host that is not in it")
        ->type_name("FILE");
    auto *ipv4 = out->add_flag("--ipv4", options->onlyIpv4, "Connect to addresses of IPv4 only");
    out->add_flag("--ipv6", options->onlyIpv6, "Connect to addresses of IPv6 only")->excludes(ipv4);
    // vsock-proxy's; here no thread stands for a connection.
    out->add_option("-w,--num_workers", options->workers)->group("");
    addCommon(*out, *options);
    out->callback([options, &code] {
        fillTarget(*options);
        code = serveOut(*options);
    });
}

} // namespace nitroscope::cli
