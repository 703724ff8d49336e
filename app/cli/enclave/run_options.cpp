// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/cli/enclave/run_options.hpp"

#include "app/cli/kit/arguments.hpp"
#include "app/core/input/input_file.hpp"
#include "app/session/launch/launch_arguments.hpp"
#include "app/session/launch/launch_options.hpp"

#include <cmath>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace nitroscope::cli {

using namespace Qt::Literals::StringLiterals;
namespace {

// Takes fields out of the configuration and remembers the first that has a wrong value, with nitro-cli's error for it: a type that its parser
// does not take (E17), or a value of the right type that cannot be used (E03).
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
                if (!isWhole(element) || element.toDouble() > max)
                    return false;
                out.push_back(unsigned(element.toDouble()));
            }
            return value.isArray();
        });
    }
    void option(const app::LaunchOption &option, app::LaunchSpec &spec) {
        take(option.config, [&](const QJsonValue &value) {
            if (option.isNumber() ? !isWhole(value) : option.isSwitch() ? !value.isBool() : !value.isString())
                return false;
            if (!setValue(option, spec, value.toVariant()) && m_problem.message.isEmpty())
                m_problem = {
                    u"E03"_s, u"The value of %1 is not valid."_s.arg(QLatin1String(option.config)), {}, {}};
            return true;
        });
    }
    bool has(const char *key) const {
        const QJsonValue value = m_json.value(QLatin1String(key));
        return !value.isUndefined() && !value.isNull();
    }
    void refuse(const char *code, const QString &message) {
        if (m_problem.message.isEmpty())
            m_problem = {QString::fromLatin1(code), message, {}, {}};
    }
    const app::Error &problem() const { return m_problem; }

private:
    static bool isWhole(const QJsonValue &value) {
        const double number = value.toDouble(-1);
        return number >= 0 && std::floor(number) == number;
    }
    template <class Use>
    void take(const char *key, Use &&use) {
        if (has(key) && !use(m_json.value(QLatin1String(key))))
            refuse("E17", u"%1 is of another type than it must have."_s.arg(QLatin1String(key)));
    }
    QJsonObject m_json;
    app::Error m_problem;
};

} // namespace

QString nameOf(const RunOptions &options) {
    if (!options.name.empty())
        return textOf(options.name);
    QString name = options.spec.eifPath.section(u'/', -1);
    const QString suffix = u".eif"_s;
    while (name.endsWith(suffix) && name.size() > suffix.size())
        name.chop(suffix.size());
    return name;
}

quint64 memoryOf(const app::LaunchSpec &spec) {
    const QFileInfo eif(spec.eifPath);
    return app::memoryMiBOf(spec, eif.isFile() ? quint64(eif.size()) : 0);
}

app::Result<void> readRunConfig(RunOptions &options) {
    constexpr qsizetype maxBytes = 64 * 1024;
    const QString path = pathOf(options.config);
    const QString from = options.keeperConfig < 0 ? path : u"/proc/self/fd/%1"_s.arg(options.keeperConfig);
    const auto text = app::readInput(from, maxBytes);
    if (!text)
        return app::failure(u"E19"_s, text.error().message, path);
    options.configText = *text;
    QJsonParseError problem;
    const auto document = QJsonDocument::fromJson(*text, &problem);
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
    if (options.spec.eifPath.isEmpty())
        reader.refuse("E17", u"eif_path is missing."_s);
    if (reader.has("cpu_count") && reader.has("cpu_ids"))
        reader.refuse("E02", u"cpu_count and cpu_ids exclude each other."_s);
    if (!reader.has("cpu_count") && !reader.has("cpu_ids"))
        reader.refuse("E01", u"cpu_count or cpu_ids is missing."_s);
    if (reader.has("cpu_ids") && options.cpuIds.empty()) // in words of ours what its driver says at the start
        reader.refuse("E33", u"cpu_ids is empty: an enclave needs a CPU."_s);
    if (reader.problem().message.isEmpty())
        return {};
    app::Error error = reader.problem();
    error.context = path;
    return tl::unexpected(error);
}

} // namespace nitroscope::cli
