// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/cli/enclave/run_options.hpp"

#include "app/cli/kit/arguments.hpp"
#include "app/session/launch/launch_arguments.hpp"
#include "app/session/launch/launch_options.hpp"

#include <cmath>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace nitroscope::cli {

using namespace Qt::Literals::StringLiterals;
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
    void numbers(const char *key, std::vector<unsigned> &out, unsigned max) {
        take(key, [&](const QJsonValue &value) {
            for (const QJsonValue element : value.toArray()) {
                const double number = element.toDouble(-1);
                if (std::floor(number) != number || number < 0 || number > max)
                    return false;
                out.push_back(unsigned(number));
            }
            return value.isArray();
        });
    }
    void option(const app::LaunchOption &option, app::LaunchSpec &spec) {
        take(option.config, [&](const QJsonValue &value) {
            const bool isOfItsKind = option.isNumber() ? value.isDouble() : true;
            return isOfItsKind && setValue(option, spec, value.toVariant()).has_value();
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
    QJsonObject m_json;
    QString m_problem;
};

} // namespace

quint64 memoryOf(const app::LaunchSpec &spec) {
    const QFileInfo eif(spec.eifPath);
    return app::memoryMiBOf(spec, eif.isFile() ? quint64(eif.size()) : 0);
}

app::Result<void> readRunConfig(const QString &path, RunOptions &options) {
    constexpr qint64 maxBytes = 64 * 1024;
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return app::failure(u"E19"_s, file.errorString(), path);
    QJsonParseError problem;
    const auto document = QJsonDocument::fromJson(file.read(maxBytes), &problem);
    if (!document.isObject()) {
        app::Error error{u"E17"_s, u"The configuration is not a JSON object."_s, {}, path};
        if (problem.error != QJsonParseError::NoError)
            error.offset = quint64(problem.offset);
        return tl::unexpected(error);
    }
    ConfigReader reader(document.object());
    reader.text("enclave_name", options.name);
    reader.numbers("cpu_ids", options.cpuIds, maxCpuId);
    reader.flag("attach_console", options.attachConsole);
    for (const app::LaunchOption &option : app::launchOptions())
        if (*option.config)
            reader.option(option, options.spec);
    if (!reader.problem().isEmpty())
        return app::failure(u"E03"_s, u"The value of %1 is not valid."_s.arg(reader.problem()), path);
    return {};
}

} // namespace nitroscope::cli
