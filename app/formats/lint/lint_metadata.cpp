// SPDX-License-Identifier: GPL-2.0-or-later
//
// Lint: metadata, and the container image that it tells of; see lint.hpp.

#include "app/core/json_strings.hpp"
#include "app/formats/lint/lint.hpp"
#include "app/formats/lint/lint_rules.hpp"
#include "app/formats/tree/value_text.hpp"

#include <QJsonArray>
#include <QJsonObject>

namespace nitroscope::formats {

void lintMetadata(LintReport &report, const EifDocument &document) {
    const int section = document.image().find(eif::SectionType::metadata);
    if (section < 0)
        return;
    const QString where = sectionPlace(document.image(), section);
    const QJsonObject metadata = document.metadata();
    const eif::Section &data = document.image().sections[static_cast<size_t>(section)];
    if (const auto problem = document.metadataProblem())
        report.warning("metadata-unreadable", where,
                       problem->message +
                           u" Nothing measures it and the hypervisor does not read it, but nitro-cli's "
                           "describe-eif does (%1)."_s.arg(problem->code),
                       u"Build the image again."_s,
                       {problem->offset.value_or(data.dataOffset), problem->offset ? 0 : data.availableSize});
    const QJsonObject docker = metadata.value(u"DockerInfo").toObject();
    const QJsonObject config = docker.value(u"Config").toObject();
    if (config.isEmpty()) // not built from a container image
        return;
    for (const LintFinding &finding : lintContainerConfig(config))
        report.add(finding.rule.toLatin1(), finding.severity, where, finding.why, finding.advice,
                   {data.dataOffset, data.availableSize});
}

std::vector<LintFinding> lintContainerConfig(const QJsonObject &config) {
    LintReport report;
    const QString where = u"container image"_s;
    const QStringList command = app::jsonStrings(config.value(u"Cmd")),
                      entry = app::jsonStrings(config.value(u"Entrypoint"));
    const bool hasCommand = config.value(u"Cmd").isArray();
    const QStringList &used = hasCommand ? command : entry;
    if (hasCommand && command.isEmpty())
        report.warning("docker-command-empty", where,
                       u"CMD is an empty list: nitro-cli does not fall back on ENTRYPOINT then, and the "
                       "enclave's init starts 'sh'."_s,
                       u"Put the whole command into CMD."_s);
    else if (hasCommand && !entry.isEmpty())
        report.warning("docker-entrypoint-ignored", where,
                       u"The image has ENTRYPOINT '%1' and CMD '%2'. Docker would start the first with the "
                       u"second as its arguments; nitro-cli starts CMD alone and ignores ENTRYPOINT."_s.arg(
                           entry.join(u' '), command.join(u' ')),
                       u"Put the whole command into CMD and leave ENTRYPOINT out."_s);
    if (used.isEmpty() && !hasCommand)
        report.error("docker-no-command", where,
                     u"The image has neither CMD nor ENTRYPOINT; nitro-cli refuses it (E48)."_s,
                     u"Add CMD to the Dockerfile."_s);
    else if (!used.isEmpty() && !used.first().startsWith(u'/'))
        report.note(
            "docker-command-relative", where,
            (used.first().contains(u'/')
                 ? u"The command '%1' starts from '/', not from WORKDIR."_s
                 : u"The command '%1' is looked up in /sbin, /usr/sbin, /bin and /usr/bin, whatever the image's "
                   "PATH says."_s)
                .arg(used.first()),
            u"Name the program with its whole path."_s);
    if (const QString folder = config.value(u"WorkingDir").toString(); !folder.isEmpty() && folder != u"/")
        report.warning("docker-workdir-ignored", where,
                       u"WORKDIR '%1' is ignored: the program starts in '/'."_s.arg(folder),
                       u"Use whole paths, or change the folder in the program or a start script."_s);
    const QString user = config.value(u"User").toString();
    if (!user.isEmpty() && user != u"root" && user != u"0" && !user.startsWith(u"0:") &&
        !user.startsWith(u"root:"))
        report.warning("docker-user-ignored", where,
                       u"USER '%1' is ignored: the program runs as root."_s.arg(user),
                       u"Drop privileges in the program or a start script."_s);
    for (const char16_t *key : {u"Volumes", u"ExposedPorts", u"Healthcheck"})
        if (const QJsonObject value = config.value(QStringView(key)).toObject(); !value.isEmpty())
            report.note(
                "docker-setting-ignored", where, u"%1 has no effect in an enclave."_s.arg(QStringView(key)),
                u"Nothing, if the program does not rely on it. From outside an enclave is reached only "
                "through vsock."_s);
    return report.take().listed;
}

} // namespace nitroscope::formats
