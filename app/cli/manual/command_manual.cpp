// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/cli/manual/command_manual.hpp"

#include "app/cli/kit/arguments.hpp"
#include "app/cli/manual/command_tree.hpp"
#include "app/core/manual/manual_page.hpp"

#include <CLI/Option.hpp>

namespace nitroscope::cli {

using namespace Qt::Literals::StringLiterals;
namespace {

using app::ManualPage;

// "--eif-path FILE", "-h, --help".
QString termOf(const CLI::Option &option) {
    QString term = textOf(option.get_positional() ? option.get_name(true) : option.get_name(false, true));
    term.replace(u","_s, u", "_s);
    const QString value = valueName(option);
    if (!value.isEmpty() && value != term)
        term += u' ' + value;
    if (option.get_expected_max() > 1)
        term += u" ..."_s;
    return term;
}

QString meaningOf(const CLI::Option &option) {
    QString meaning = textOf(option.get_description());
    if (const QStringList values = valueChoices(option); !values.isEmpty())
        meaning += u": "_s + values.join(u", "_s);
    if (!meaning.endsWith(u'.'))
        meaning += u'.';
    return meaning;
}

void addOptions(ManualPage &page, const QString &title, const std::vector<const CLI::Option *> &options) {
    if (options.empty())
        return;
    page.section(title);
    for (const CLI::Option *option : options)
        page.item(termOf(*option), meaningOf(*option));
}

QString synopsisOf(const CLI::App &command, const QString &name) {
    QString line = name;
    if (!shownCommands(command).empty())
        return line + u" COMMAND ..."_s;
    if (!shownOptions(command).empty())
        line += u" [OPTION]..."_s;
    for (const CLI::Option *option : positionals(command)) {
        const QString word =
            textOf(option->get_name(true)) + (option->get_expected_max() > 1 ? u"..."_s : u""_s);
        line += u' ' + (option->get_required() ? word : u'[' + word + u']');
    }
    return line;
}

void addPages(const CLI::App &command, const QString &above, QVector<CommandPage> &pages) {
    const QString name = (above.isEmpty() ? QString() : above + u' ') + textOf(command.get_name());
    QString summary = textOf(command.get_description());
    if (summary.endsWith(u'.'))
        summary.chop(1);
    ManualPage page(name, summary);
    page.section(u"Synopsis"_s);
    page.text(synopsisOf(command, name));
    addOptions(page, u"Arguments"_s, positionals(command));
    addOptions(page, u"Options"_s, shownOptions(command));
    const auto below = shownCommands(command);
    QStringList related;
    if (!below.empty())
        page.section(u"Commands"_s);
    for (const CLI::App *one : below) {
        page.item(textOf(one->get_name()), textOf(one->get_description()) + u'.');
        related << name + u' ' + textOf(one->get_name());
    }
    if (const QString footer = textOf(command.get_footer()); below.empty() && !footer.isEmpty()) {
        page.section(u"Notes"_s);
        page.text(footer);
    }
    if (!above.isEmpty())
        related.prepend(above);
    page.seeAlso(related);
    pages.append({ManualPage::fileName(name), page.roff()});
    for (const CLI::App *one : below)
        addPages(*one, name, pages);
}

} // namespace

QVector<CommandPage> commandPages(const CLI::App &parser) {
    QVector<CommandPage> pages;
    addPages(parser, {}, pages);
    return pages;
}

} // namespace nitroscope::cli
