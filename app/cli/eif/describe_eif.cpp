// SPDX-License-Identifier: GPL-2.0-or-later
//
// `describe-eif`: what nitro-cli prints about an EIF, as JSON on standard output; what is wrong with it on
// standard error.
#include "app/cli/kit/arguments.hpp"
#include "app/cli/kit/console_output.hpp"
#include "app/cli/kit/exit_code.hpp"
#include "app/cli/kit/nitro_error.hpp"
#include "app/formats/eif/describe_json.hpp"
#include "app/formats/eif/eif_document.hpp"

#include <algorithm>

namespace nitroscope::cli {

using namespace Qt::Literals::StringLiterals;
namespace {

// Findings of a tree, most important first being the order of the file. Bounded: a hostile file has many.
void sayFindings(const formats::Node &node, int &left) {
    if (node.severity >= formats::Severity::warning && !node.note.isEmpty() && left > 0) {
        --left;
        say(u"%1: %2"_s.arg(node.name, node.note));
    }
    for (const formats::Node &child : node.children)
        sayFindings(child, left);
}

// Whether there is something to describe, as nitro-cli has it: also images that the hypervisor refuses, as long
// as their sections are whole and mean something.
bool isDescribable(const eif::Image &image) {
    constexpr auto firstOfKernel = eif::Problem::kernelTooShort;
    return std::ranges::none_of(image.diagnostics, [](const eif::Diagnostic &diagnostic) {
        return diagnostic.severity == eif::Severity::error &&
               diagnostic.problem != eif::Problem::metadataMissing && diagnostic.problem < firstOfKernel;
    });
}

int describe(const QString &path) {
    constexpr int maxFindings = 20;
    const auto document = formats::EifDocument::open(path);
    if (!document)
        return fail(NitroError::eifParsing, document.error().text());
    int left = maxFindings;
    sayFindings(document->root(), left);
    if (!isDescribable(document->image()))
        return fail(NitroError::eifParsing, u"%1: this is not an EIF, or it is damaged."_s.arg(path));
    if (const auto problem = document->metadataProblem())
        return fail(*problem, NitroError::eifParsing);
    const auto measurements = document->measurements();
    if (!measurements)
        return fail(NitroError::eifParsing, measurements.error().text());
    for (const formats::Node &finding : measurements->findings)
        sayFindings(finding, left);
    return printJson(formats::describeEifJson(*document, *measurements));
}

} // namespace

void addDescribeEif(CLI::App &parser, int &code) {
    CLI::App *command = parser.add_subcommand("describe-eif", "Print what an EIF contains, as JSON");
    auto path = std::make_shared<std::string>();
    command->add_option("--eif-path", *path, "EIF to describe")->required()->type_name("FILE");
    addJsonFlag(*command);
    command->callback([path, &code] { code = describe(pathOf(*path)); });
}

} // namespace nitroscope::cli
