// SPDX-License-Identifier: GPL-2.0-or-later
//
// `describe-eif`: what nitro-cli prints about an EIF, as JSON on standard output; what is wrong with it on
// standard error.
#include "app/cli/arguments.hpp"
#include "app/cli/console_output.hpp"
#include "app/cli/exit_code.hpp"
#include "app/formats/describe_json.hpp"
#include "app/formats/eif_document.hpp"

namespace nitroscope::cli {
namespace {

// Findings of a tree, most important first being the order of the file. Bounded: a hostile file has many.
void sayFindings(const formats::Node &node, int &left) {
    if (node.severity >= formats::Severity::warning && !node.note.isEmpty() && left > 0) {
        --left;
        say(QStringLiteral("%1: %2").arg(node.name, node.note));
    }
    for (const formats::Node &child : node.children)
        sayFindings(child, left);
}

int describe(const QString &path) {
    constexpr int mostFindings = 20;
    const auto document = formats::EifDocument::open(path);
    if (!document) {
        say(document.error().text());
        return refused;
    }
    int left = mostFindings;
    sayFindings(document->root(), left);
    if (!document->image().bootable()) {
        say(QStringLiteral("%1: this is not an EIF that can be booted (E35).").arg(path));
        return refused;
    }
    const auto measurements = document->measurements();
    if (!measurements) {
        say(measurements.error().text());
        return refused;
    }
    for (const formats::Node &finding : measurements->findings)
        sayFindings(finding, left);
    return writeOutput(formats::describeEifJson(*document, *measurements)) == Written::all ? ok : refused;
}

} // namespace

void addDescribeEif(CLI::App &parser, int &code) {
    CLI::App *command = parser.add_subcommand("describe-eif", "Print what an EIF contains, as JSON");
    auto path = std::make_shared<std::string>();
    command->add_option("--eif-path", *path, "EIF to describe")->required()->type_name("FILE");
    command->callback([path, &code] { code = describe(pathOf(*path)); });
}

} // namespace nitroscope::cli
