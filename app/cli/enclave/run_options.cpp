// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/cli/enclave/run_options.hpp"

#include "app/cli/kit/arguments.hpp"
#include "app/session/launch/launch_arguments.hpp"

#include <cmath>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace nitroscope::cli {
namespace {

// Takes fields out of the configuration and remembers the first that has a wrong value.
class ConfigReader {
public:
    explicit ConfigReader(const QJsonObject &json) : m_json(json) {}

    void text(const char *key, std::string &out) {
        take(key, [&](const QJsonValue &value) {
            out = value.toString().toLocal8Bit().toStdString();
            return value.isString();
        });
    }
    void flag(const char *key, bool &out) {
        take(key, [&](const QJsonValue &value) {
            out = value.toBool();
            return value.isBool();
        });
    }
    template <class Number>
    void number(const char *key, Number &out, qint64 least, qint64 most) {
        take(key, [&](const QJsonValue &value) { return whole(value, out, least, most); });
    }
    void numbers(const char *key, std::vector<unsigned> &out, qint64 most) {
        take(key, [&](const QJsonValue &value) {
            for (const QJsonValue element : value.toArray())
                if (!whole(element, out.emplace_back(), 0, most))
                    return false;
            return value.isArray();
        });
    }
    const QString &problem() const { return m_problem; }

private:
    template <class Use>
    void take(const char *key, Use &&use) {
        const QJsonValue value = m_json.value(QLatin1String(key));
        if (!value.isUndefined() && !value.isNull() && !use(value) && m_problem.isEmpty())
            m_problem = QLatin1String(key);
    }
    template <class Number>
    static bool whole(const QJsonValue &value, Number &out, qint64 least, qint64 most) {
        const double number = value.toDouble(-1);
        if (std::floor(number) != number || number < double(least) || number > double(most))
            return false;
        out = static_cast<Number>(number);
        return true;
    }

    QJsonObject m_json;
    QString m_problem;
};

} // namespace

app::LaunchSpec specOf(const RunOptions &options) {
    app::LaunchSpec spec;
    spec.eifPath = pathOf(options.eif);
    spec.memoryMiB = options.memoryMiB;
    spec.cpuCount = options.cpuIds.empty() ? options.cpuCount : unsigned(options.cpuIds.size());
    spec.debugMode = options.debugMode;
    spec.strict = options.strict == "on";
    spec.moduleId = textOf(options.moduleId);
    spec.parentRole = textOf(options.parentRole);
    spec.parentId = textOf(options.parentId);
    spec.append = textOf(options.append);
    spec.initrdPath = pathOf(options.initrd);
    spec.capturePath = pathOf(options.capture);
    spec.traceSystemCalls = options.traceSystemCalls;
    spec.firstCallsPath = pathOf(options.firstCalls);
    spec.qemuPath = pathOf(options.qemu);
    spec.vsock.cid = options.cid;
    spec.vsock.path = pathOf(options.vsockPath);
    for (const std::string &route : options.vsockRoutes)
        spec.vsock.routes << textOf(route);
    // "delay=250": the device has two properties for it.
    const QString heartbeat = textOf(options.heartbeat);
    spec.vsock.heartbeat = heartbeat.section(u'=', 0, 0);
    spec.vsock.heartbeatDelay = heartbeat.section(u'=', 1).toUInt();
    spec.vsock.seqpacket = !options.noSeqpacket;
    spec.vsock.refuseCid2 = options.refuseCid2;
    spec.vsock.headersOnly = options.headersOnly;
    spec.accelerator = options.accelerator == "kvm" ? app::Accelerator::kvm : app::Accelerator::tcg;
    return spec;
}

quint64 memoryOf(const app::LaunchSpec &spec) {
    const QFileInfo eif(spec.eifPath);
    return app::memoryMiBOf(spec, eif.isFile() ? quint64(eif.size()) : 0);
}

app::Result<void> readRunConfig(const QString &path, RunOptions &options) {
    constexpr qint64 mostBytes = 64 * 1024;
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return app::failure(QStringLiteral("E19"), file.errorString(), path);
    QJsonParseError problem;
    const auto document = QJsonDocument::fromJson(file.read(mostBytes), &problem);
    if (!document.isObject()) {
        app::Error error{
            QStringLiteral("E17"), QStringLiteral("The configuration is not a JSON object."), {}, path};
        if (problem.error != QJsonParseError::NoError)
            error.offset = quint64(problem.offset);
        return tl::unexpected(error);
    }
    ConfigReader reader(document.object());
    reader.text("enclave_name", options.name);
    reader.text("eif_path", options.eif);
    reader.number("cpu_count", options.cpuCount, 1, 128);
    reader.numbers("cpu_ids", options.cpuIds, 4095);
    reader.number("memory_mib", options.memoryMiB, 1, 1 << 24);
    reader.number("enclave_cid", options.cid, 4, 0xfffffffe);
    reader.flag("debug_mode", options.debugMode);
    reader.flag("attach_console", options.attachConsole);
    if (!reader.problem().isEmpty())
        return app::failure(QStringLiteral("E03"),
                            QStringLiteral("%1 has a value that it cannot have.").arg(reader.problem()),
                            path);
    return {};
}

} // namespace nitroscope::cli
