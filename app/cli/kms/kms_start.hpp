// SPDX-License-Identifier: GPL-2.0-or-later
//
// A KMS of one's own as the command line starts it, and the two commands about it.
#pragma once

#include "app/kms/server/kms_server.hpp"

#include <CLI/App.hpp>
#include <memory>
#include <string>

namespace nitroscope::cli {

void addKmsServe(CLI::App &group, int &code);
void addKmsCa(CLI::App &group, int &code);

struct KmsOptions {
    std::string store, seed, identities, role, region = "us-east-1", root = "local", form = "chunks", trail,
                                               folder;
    int port = 4567, httpPort = 4566;
    qint64 maxDocumentAge = kms::ServiceSettings().maxDocumentAge;
    bool anySignature = false, inMemory = false, wrongKey = false, json = false;
};

// It listens, and its place has been said. Throws CLI::ValidationError for an envelope's form that there is none of.
app::Result<std::unique_ptr<kms::KmsServer>> startKms(const KmsOptions &options);

// A call and the decision over it, in lines.
QByteArray textOf(const kms::CallRecord &record);

} // namespace nitroscope::cli
