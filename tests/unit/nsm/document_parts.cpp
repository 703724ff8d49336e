// SPDX-License-Identifier: GPL-2.0-or-later
//
// See document_parts.hpp.
#include "tests/unit/nsm/document_parts.hpp"

#include "nsm-device/cbor/cbor.hpp"

#include <cbor.h>
#include <memory>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

namespace nitroscope::test {

namespace {

struct Unref {
    void operator()(cbor_item_t *item) const { cbor_decref(&item); }
};
using Item = std::unique_ptr<cbor_item_t, Unref>;

// libcbor allocates whatever a count says before it looks for the items, which a sanitizer takes for an
// error.
bool countsArePlausible(const QByteArray &data) {
    nitroscope::cbor::Reader reader(
        {reinterpret_cast<const std::byte *>(data.constData()), size_t(data.size())});
    nitroscope::cbor::Item item;
    while (reader.next(item))
        if (item.isContainer() && item.value > quint64(data.size()))
            return false;
    return reader.ok();
}

Item load(const QByteArray &data) {
    if (!countsArePlausible(data))
        return {};
    cbor_load_result result{};
    Item item(cbor_load(reinterpret_cast<cbor_data>(data.constData()), size_t(data.size()), &result));
    return result.error.code == CBOR_ERR_NONE && result.read == size_t(data.size()) ? std::move(item)
                                                                                    : Item();
}

QByteArray bytes(cbor_item_t *item) {
    if (!cbor_isa_bytestring(item) || cbor_bytestring_is_indefinite(item))
        return {};
    return {reinterpret_cast<char *>(cbor_bytestring_handle(item)), qsizetype(cbor_bytestring_length(item))};
}

QByteArray text(cbor_item_t *item) {
    if (!cbor_isa_string(item) || cbor_string_is_indefinite(item))
        return {};
    return {reinterpret_cast<char *>(cbor_string_handle(item)), qsizetype(cbor_string_length(item))};
}

std::optional<QByteArray> optionalBytes(cbor_item_t *item) {
    return cbor_is_null(item) ? std::nullopt : std::optional(bytes(item));
}

bool takePayloadApart(cbor_item_t *map, DocumentParts &parts) {
    if (!cbor_isa_map(map))
        return false;
    parts.indefinite = cbor_map_is_indefinite(map);
    for (size_t i = 0; i < cbor_map_size(map); ++i) {
        const QByteArray key = text(cbor_map_handle(map)[i].key);
        cbor_item_t *value = cbor_map_handle(map)[i].value;
        parts.keys << key;
        if (key == "module_id") {
            parts.moduleId = text(value);
        } else if (key == "digest") {
            parts.digest = text(value);
        } else if (key == "timestamp" && cbor_isa_uint(value) && cbor_int_get_width(value) == CBOR_INT_64) {
            parts.timestamp = cbor_get_int(value);
        } else if (key == "pcrs" && cbor_isa_map(value) && cbor_map_is_definite(value)) {
            for (size_t k = 0; k < cbor_map_size(value); ++k) {
                cbor_item_t *index = cbor_map_handle(value)[k].key;
                if (!cbor_isa_uint(index))
                    return false;
                parts.pcrs[int(cbor_get_int(index))] = bytes(cbor_map_handle(value)[k].value);
            }
        } else if (key == "certificate") {
            parts.certificate = bytes(value);
        } else if (key == "cabundle" && cbor_isa_array(value)) {
            for (size_t k = 0; k < cbor_array_size(value); ++k)
                parts.cabundle << bytes(cbor_array_handle(value)[k]);
        } else if (key == "public_key") {
            parts.publicKey = optionalBytes(value);
        } else if (key == "user_data") {
            parts.userData = optionalBytes(value);
        } else if (key == "nonce") {
            parts.nonce = optionalBytes(value);
        } else {
            return false;
        }
    }
    return !parts.certificate.isEmpty();
}

struct FreeX509 {
    void operator()(X509 *certificate) const { X509_free(certificate); }
};
using Certificate = std::unique_ptr<X509, FreeX509>;

Certificate parse(const QByteArray &der) {
    auto at = reinterpret_cast<const unsigned char *>(der.constData());
    return Certificate(d2i_X509(nullptr, &at, der.size()));
}

bool signatureVerifies(X509 *leaf, const DocumentParts &parts) {
    const QByteArray der = derSignature(parts.signature);
    const QByteArray message = signedBytes(parts);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    const bool good =
        EVP_DigestVerifyInit(context, nullptr, EVP_sha384(), nullptr, X509_get0_pubkey(leaf)) == 1 &&
        EVP_DigestVerify(context, reinterpret_cast<const unsigned char *>(der.constData()),
                         size_t(der.size()), reinterpret_cast<const unsigned char *>(message.constData()),
                         size_t(message.size())) == 1;
    EVP_MD_CTX_free(context);
    return good;
}

bool chainVerifies(X509 *leaf, const DocumentParts &parts, X509 *root) {
    STACK_OF(X509) *middle = sk_X509_new_null();
    std::vector<Certificate> keep;
    for (const QByteArray &der : parts.cabundle) {
        keep.push_back(parse(der));
        if (keep.back())
            sk_X509_push(middle, keep.back().get());
    }
    X509_STORE *store = X509_STORE_new();
    X509_STORE_add_cert(store, root);
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    X509_STORE_CTX_init(context, store, leaf, middle);
    X509_STORE_CTX_set_time(context, 0, time_t(parts.timestamp / 1000));
    const bool good = X509_verify_cert(context) == 1;
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    sk_X509_free(middle);
    return good;
}

} // namespace

std::optional<QByteArray> documentOf(const QByteArray &response) {
    const Item root = load(response);
    if (!root || !cbor_isa_map(root.get()) || cbor_map_size(root.get()) != 1 ||
        text(cbor_map_handle(root.get())[0].key) != "Attestation")
        return std::nullopt;
    cbor_item_t *body = cbor_map_handle(root.get())[0].value;
    if (!cbor_isa_map(body) || cbor_map_size(body) != 1 || text(cbor_map_handle(body)[0].key) != "document")
        return std::nullopt;
    return bytes(cbor_map_handle(body)[0].value);
}

std::optional<DocumentParts> takeApart(const QByteArray &document) {
    const Item cose = load(document);
    if (!cose || !cbor_isa_array(cose.get()) || cbor_array_is_indefinite(cose.get()) ||
        cbor_array_size(cose.get()) != 4)
        return std::nullopt;
    cbor_item_t **items = cbor_array_handle(cose.get());
    if (!cbor_isa_map(items[1]) || cbor_map_size(items[1]) != 0 || cbor_map_is_indefinite(items[1]))
        return std::nullopt;
    DocumentParts parts;
    parts.protectedHeader = bytes(items[0]);
    parts.payload = bytes(items[2]);
    parts.signature = bytes(items[3]);
    const Item payload = load(parts.payload);
    if (parts.protectedHeader.toHex() != "a1013822" || parts.signature.size() != 96 || !payload ||
        !takePayloadApart(payload.get(), parts))
        return std::nullopt;
    return parts;
}

QByteArray signedBytes(const DocumentParts &parts) {
    const QByteArray length = QByteArray::number(0x10000 + parts.payload.size(), 16).right(4);
    return QByteArray::fromHex("846a") + "Signature1" + QByteArray::fromHex("44a10138224059" + length) +
           parts.payload;
}

QByteArray derSignature(const QByteArray &raw) {
    QByteArray body;
    for (QByteArray number : {raw.left(48), raw.mid(48)}) {
        while (number.size() > 1 && number[0] == '\0' && !(number[1] & 0x80))
            number.remove(0, 1);
        if (number[0] & 0x80)
            number.prepend('\0');
        body += '\x02' + QByteArray(1, char(number.size())) + number;
    }
    return '\x30' + QByteArray(1, char(body.size())) + body;
}

bool verifies(const QByteArray &document, const QByteArray &root) {
    const auto parts = takeApart(document);
    const Certificate leaf = parts ? parse(parts->certificate) : nullptr;
    const Certificate trusted = parse(root);
    return leaf && trusted && signatureVerifies(leaf.get(), *parts) &&
           chainVerifies(leaf.get(), *parts, trusted.get());
}

} // namespace nitroscope::test
