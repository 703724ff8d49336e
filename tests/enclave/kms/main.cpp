// SPDX-License-Identifier: GPL-2.0-or-later
//
// kms-client KEY TEXT: encrypts the text under a key of KMS and has it decrypted again for this enclave alone, as kmstool does: with an attestation
// document of the NSM that has a public key in it. Says each step on the console. The environment has the parent's credentials:
// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION.
#include "tests/enclave/kms/kms_client.hpp"
#include "tests/enclave/kms/recipient_key.hpp"
#include "tests/enclave/nsm/nsm_client.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>

using namespace nitroscope::demo;

namespace {

std::string setting(const char *name) {
    const char *value = std::getenv(name);
    return value != nullptr ? value : "";
}

int failed(const char *step, const std::string &why) {
    std::printf("kms-client: %s failed: %s\n", step, why.c_str());
    return 1;
}

int decrypt(KmsClient &kms, const std::string &keyId, const std::string &ciphertext) {
    const RecipientKey key;
    if (!key.isThere())
        return failed("key", "OpenSSL made none");
    NsmClient nsm;
    const auto document = nsm.attest({}, {}, key.publicKey());
    if (!document)
        return failed("attestation", document.error());
    const std::string_view bytes(reinterpret_cast<const char *>(document->data()), document->size());
    const KmsAnswer answer = kms.call(
        "Decrypt",
        R"({"KeyId":")" + keyId + R"(","CiphertextBlob":")" + ciphertext +
            R"(","Recipient":{"KeyEncryptionAlgorithm":"RSAES_OAEP_SHA_256","AttestationDocument":")" +
            base64(bytes) + R"("}})");
    if (answer.status != 200)
        return failed("Decrypt", std::to_string(answer.status) + ' ' + answer.body);
    if (!answer.member("Plaintext").empty())
        return failed("Decrypt", "the plaintext is in the answer");
    const auto opened = key.open(fromBase64(answer.member("CiphertextForRecipient")));
    if (!opened)
        return failed("envelope", "OpenSSL does not open it");
    std::printf("kms-client: decrypted \"%s\"\n", opened->c_str());
    return 0;
}

} // namespace

int main(int argc, char **argv) {
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    std::signal(SIGPIPE, SIG_IGN);
    if (argc != 3)
        return failed("start", "usage: kms-client KEY TEXT");
    const std::string keyId = argv[1];
    KmsClient kms({setting("AWS_ACCESS_KEY_ID"), setting("AWS_SECRET_ACCESS_KEY")}, setting("AWS_REGION"));
    if (!kms.connect())
        return failed("connection", kms.problem());
    const KmsAnswer encrypted =
        kms.call("Encrypt", R"({"KeyId":")" + keyId + R"(","Plaintext":")" + base64(argv[2]) + R"("})");
    if (encrypted.status != 200)
        return failed("Encrypt", std::to_string(encrypted.status) + ' ' + encrypted.body);
    std::printf("kms-client: encrypted under %s\n", encrypted.member("KeyId").c_str());
    return decrypt(kms, keyId, encrypted.member("CiphertextBlob"));
}
