// SPDX-License-Identifier: GPL-2.0-or-later
//
// A KMS of one's own as the command line starts it: its options, and what it says.
#pragma once

#include "app/kms/server/kms_start.hpp"

#include <CLI/App.hpp>
#include <memory>
#include <QStringList>
#include <string>

namespace nitroscope::cli {

void addKmsServe(CLI::App &group, int &code);
void addKmsCa(CLI::App &group, int &code);
void addKmsTrust(CLI::App &group, int &code);

struct KmsOptions {
    std::string store, seed, identities, role, region = "us-east-1", root = "local", form = "chunks", trail,
                                               folder;
    std::string instance;
    int port = kms::usualTlsPort, httpPort = kms::usualHttpPort, imdsPort = -1; // -1: no metadata service
    qint64 credentialSeconds = kms::ServerSettings().credentialSeconds;
    bool imdsVersion1 = false;
    qint64 maxDocumentAge = kms::ServiceSettings().maxDocumentAge;
    bool anySignature = false, inMemory = false, wrongKey = false, json = false;
};

// Throws CLI::ValidationError for an envelope's form that there is none of.
kms::StartSettings settingsOf(const KmsOptions &options);

// Where root and keys are: an option of each command about them.
void addKmsFolder(CLI::App &command, std::string &folder, const std::string &name = "--folder");

// As whom calls are made, and which keys there are, in lines.
QStringList sayingsOf(const kms::KmsServer &server);
// A call and the decision over it, in lines.
QByteArray textOf(const kms::CallRecord &record);

} // namespace nitroscope::cli
