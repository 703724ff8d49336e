// SPDX-License-Identifier: GPL-2.0-or-later
//
// Forged extensions of certificates (RFC 5280 §4.2): each critical one that a verifier must understand or refuse, those that say who may
// sign what, and key identifiers.
#include "tests/support/documents/forgery.hpp"

namespace nitroscope::test {

using namespace Qt::Literals::StringLiterals;
using formats::attestation::Verdict;

namespace {

constexpr quint8 sequence = 0x30, bits = 0x03, boolean = 0x01;

using Fault = std::function<void(CertificateParts &)>;

void addAtEachPlace(Forgeries &list, const QString &name, Verdict verdict, const Fault &fault,
                    const Fault &twin, int first = root, int last = leaf) {
    const auto inside = [](const Fault &change) {
        return [change](ForgedDocument &document, int place) { change(document.at(place)); };
    };
    test::addAtEachPlace(list, name, verdict, inside(fault), inside(twin), first, last);
}

void nothing(CertificateParts &) {}

void addCritical(Forgeries &list) {
    const struct {
        const char *name, *oid, *value;
    } extensions[] = {
        {"name constraints", "2.5.29.30", "3012a010300e820c6578616d706c652e6f726700"},
        {"policy constraints", "2.5.29.36", "3003800100"},
        {"policy mappings", "2.5.29.33", "300c300a06032a030406032a0305"},
        {"inhibit any policy", "2.5.29.54", "020100"},
        {"certificate policies", "2.5.29.32", "3007300506032a0304"},
        {"subject alternative name", "2.5.29.17", "3003820178"},
        {"issuer alternative name", "2.5.29.18", "3003820178"},
        {"CRL distribution points", "2.5.29.31", "300b3009a007a0058603783a79"},
        {"freshest CRL", "2.5.29.46", "300b3009a007a0058603783a79"},
        {"authority information access", "1.3.6.1.5.5.7.1.1", "3011300f06082b060105050730018603783a79"},
        {"TLS feature", "1.3.6.1.5.5.7.1.24", "3003020105"},
        {"Netscape's type", "2.16.840.1.113730.1.1", "03020780"},
        {"private key usage period", "2.5.29.16", "3011800f32303230303130313030303030305a"},
        {"a CT poison", "1.3.6.1.4.1.11129.2.4.3", "0500"},
        {"one of nobody's", "1.2.3.4.5", "0500"}};
    for (const auto &entry : extensions) {
        const auto put = [oid = entry.oid, value = hex(entry.value)](bool isCritical) {
            return [=](CertificateParts &certificate) { certificate.setExtension(oid, value, isCritical); };
        };
        addAtEachPlace(list, u"critical "_s + QLatin1String(entry.name), Verdict::invalid, put(true),
                       put(false));
    }
}

Fault constraints(const char *value, bool isCritical = true) {
    return [value = hex(value), isCritical](CertificateParts &certificate) {
        certificate.setExtension(oid::basicConstraints, value, isCritical);
    };
}

Fault usage(const char *bitString) {
    return [value = hex(bitString)](CertificateParts &certificate) {
        certificate.setExtension(oid::keyUsage, value, true);
    };
}

Fault without(const char *oid) {
    return [oid](CertificateParts &certificate) { certificate.removeExtension(oid); };
}

void addConstraints(Forgeries &list) {
    const Fault unlimited = constraints("30030101ff"), noCa = constraints("3000");
    addAtEachPlace(list, u"CA=false"_s, Verdict::invalid, noCa, unlimited, root, instance);
    addAtEachPlace(list, u"no basic constraints"_s, Verdict::invalid, without(oid::basicConstraints),
                   unlimited, root, instance);
    addAtEachPlace(list, u"basic constraints that are not critical"_s, Verdict::surprising,
                   constraints("30030101ff", false), unlimited, root, instance);
    addAtEachPlace(list, u"true as 01"_s, Verdict::invalid, constraints("3003010101"), unlimited, root,
                   instance);
    addAtEachPlace(list, u"a negative path length"_s, Verdict::invalid, constraints("30060101ff0201ff"),
                   unlimited, root, instance);
    addAtEachPlace(list, u"basic constraints that are broken"_s, Verdict::invalid, constraints("3005"),
                   unlimited, root, instance);
    addAtEachPlace(list, u"bytes behind the basic constraints"_s, Verdict::invalid,
                   constraints("30030101ff0500"), unlimited, root, instance);
    const char *lengths[] = {"30060101ff020100", "30060101ff020101", "30060101ff020102", "30060101ff020103"};
    for (int place = root; place < instance; ++place)
        addAtEachPlace(list, u"path length a step too short"_s, Verdict::invalid,
                       constraints(lengths[instance - place - 1]), constraints(lengths[instance - place]),
                       place, place);
    addAtEachPlace(list, u"a CA"_s, Verdict::invalid, unlimited, noCa, leaf);
    addAtEachPlace(list, u"path length without CA"_s, Verdict::invalid, constraints("3003020100"), noCa,
                   leaf);
    addAtEachPlace(list, u"no basic constraints"_s, Verdict::surprising, without(oid::basicConstraints), noCa,
                   leaf);
}

void addUsages(Forgeries &list) {
    const Fault sign = usage("03020780"), certify = usage("03020204"), both = usage("03020284");
    addAtEachPlace(list, u"may not sign certificates"_s, Verdict::invalid, sign, certify, root, instance);
    addAtEachPlace(list, u"may do nothing"_s, Verdict::invalid, usage("030100"), certify, root, instance);
    addAtEachPlace(list, u"may only sign CRLs"_s, Verdict::invalid, usage("03020102"), both, root, instance);
    addAtEachPlace(list, u"key usage that is broken"_s, Verdict::invalid, usage("0500"), both, root,
                   instance);
    addAtEachPlace(list, u"no key usage"_s, Verdict::surprising, without(oid::keyUsage), certify, root,
                   instance);
    addAtEachPlace(list, u"no key usage"_s, Verdict::surprising, without(oid::keyUsage), sign, leaf);
    addAtEachPlace(list, u"may sign certificates, too"_s, Verdict::invalid, both, sign, leaf);
    addAtEachPlace(list, u"may only agree on keys"_s, Verdict::invalid, usage("03020308"), sign, leaf);
    addAtEachPlace(list, u"may only not be denied"_s, Verdict::invalid, usage("03020640"), usage("030206c0"),
                   leaf);
    addAtEachPlace(list, u"may do nothing"_s, Verdict::invalid, usage("030100"), sign, leaf);
    for (const bool isCritical : {true, false})
        addAtEachPlace(
            list, isCritical ? u"critical extended key usage"_s : u"extended key usage"_s,
            Verdict::surprising,
            [=](CertificateParts &certificate) {
                certificate.setExtension(oid::extendedKeyUsage, hex("300a06082b06010505070301"), isCritical);
            },
            nothing);
}

void addKeyIdentifiers(Forgeries &list) {
    const auto authority = [](const QByteArray &value) {
        return [value](CertificateParts &certificate) {
            certificate.setExtension(oid::authorityKey, value, false);
        };
    };
    addAtEachPlace(list, u"another issuer's key identifier"_s, Verdict::invalid,
                   authority(der(sequence, der(0x80, QByteArray(20, 'x')))), without(oid::authorityKey),
                   regional);
    // The issuer's serial number in its certificate is a random one of 16 or 20 bytes.
    addAtEachPlace(
        list, u"another issuer's serial number"_s, Verdict::invalid,
        [](CertificateParts &certificate) {
            const QByteArray name = der(0xa1, der(0xa4, certificate.issuer));
            certificate.setExtension(oid::authorityKey, der(sequence, name + der(0x82, "\x01")), false);
        },
        without(oid::authorityKey), regional);
    addAtEachPlace(list, u"an authority key identifier that is broken"_s, Verdict::invalid,
                   authority("\x30\x05"), without(oid::authorityKey), regional);
    addAtEachPlace(
        list, u"a subject key identifier that is broken"_s, Verdict::invalid,
        [](CertificateParts &certificate) { certificate.setExtension(oid::subjectKey, "\x05", false); },
        without(oid::subjectKey), root, instance);
}

void addForms(Forgeries &list) {
    for (const char *oid : {oid::basicConstraints, oid::keyUsage, "1.2.3.4.5"})
        addAtEachPlace(
            list, u"twice %1"_s.arg(QLatin1String(oid)), Verdict::invalid,
            [oid](CertificateParts &certificate) {
                if (!certificate.extension(oid))
                    certificate.setExtension(oid, hex("0500"), false);
                certificate.extensions.append(*certificate.extension(oid));
            },
            [oid](CertificateParts &certificate) {
                if (!certificate.extension(oid))
                    certificate.setExtension(oid, hex("0500"), false);
            });
    addAtEachPlace(
        list, u"critical as 01"_s, Verdict::invalid,
        [](CertificateParts &certificate) {
            certificate.extension(oid::keyUsage)->critical = der(boolean, "\x01");
        },
        [](CertificateParts &certificate) {
            certificate.extension(oid::keyUsage)->critical = der(boolean, "\xff");
        });
    addAtEachPlace(
        list, u"no extensions"_s, Verdict::invalid,
        [](CertificateParts &certificate) { certificate.extensions.clear(); }, nothing, root, instance);
    addAtEachPlace(
        list, u"more than 1024 bytes"_s, Verdict::surprising,
        [](CertificateParts &certificate) {
            certificate.setExtension("1.2.3.4.5", der(bits, QByteArray(1000, '\0')), false);
        },
        [](CertificateParts &certificate) {
            certificate.setExtension("1.2.3.4.5", der(bits, QByteArray(10, '\0')), false);
        });
}

} // namespace

Forgeries forgedExtensions() {
    return forgeriesOf({addCritical, addConstraints, addUsages, addKeyIdentifiers, addForms});
}

} // namespace nitroscope::test
