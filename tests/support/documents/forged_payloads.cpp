// SPDX-License-Identifier: GPL-2.0-or-later
//
// Forged payloads: every rule of AWS's attestation_process.md §3.2.2 for every field, and CBOR that is not written as the hardware does.
#include "tests/support/documents/forgery.hpp"

#include <algorithm>

namespace nitroscope::test {

using namespace Qt::Literals::StringLiterals;
using formats::attestation::Verdict;

namespace {

constexpr const char *mandatory[] = {"module_id", "digest", "timestamp", "pcrs", "certificate", "cabundle"};
constexpr const char *optional[] = {"public_key", "user_data", "nonce"};

// What a field holds in the end, also of the two that are filled in late.
QByteArray valueOf(ForgedDocument &document, const char *name) {
    const QByteArray &value = document.field(name);
    if (!value.isEmpty())
        return value;
    if (QByteArray(name) == "certificate")
        return DocumentMaker::bytes(document.certificate(leaf));
    QByteArray bundle = cborHead(4, leaf);
    for (int place = root; place < leaf; ++place)
        bundle += DocumentMaker::bytes(document.certificate(place));
    return bundle;
}

void addKeys(Forgeries &list, const char *name, bool isMandatory) {
    const Verdict verdict = isMandatory ? Verdict::invalid : Verdict::surprising;
    const auto add = [&](const char *what, Verdict wanted, auto change) {
        list.append({u"%1: %2"_s.arg(QLatin1String(name), QLatin1String(what)), wanted,
                     [=](ForgedDocument &document) { change(document); }, good});
    };
    const auto renamed = [&](const char *what, const QByteArray &other) {
        add(what, verdict, [=](ForgedDocument &document) {
            const QByteArray value = valueOf(document, name);
            *std::ranges::find(document.fields, QByteArray(name), &DocumentMaker::Field::name) = {other,
                                                                                                  value};
        });
    };
    if (isMandatory)
        add("missing", Verdict::invalid, [=](ForgedDocument &document) { document.remove(name); });
    add("twice", Verdict::invalid, [=](ForgedDocument &document) {
        document.fields.append({name, valueOf(document, name)});
    });
    add("twice, once null", Verdict::invalid, [=](ForgedDocument &document) {
        document.fields.append(DocumentMaker::Field{name, "\xf6"});
    });
    renamed("in capitals", QByteArray(name).toUpper());
    renamed("with a space", QByteArray(name) + ' ');
    renamed("with a zero", QByteArray(name) + '\0');
    add("key as bytes", verdict, [=](ForgedDocument &document) {
        document.map = [=](QByteArray map) {
            const QByteArray key = cborText(name);
            map[map.indexOf(key)] = char(0x40 | (key[0] & 0x1f));
            return map;
        };
    });
    add("key in two bytes", Verdict::surprising, [=](ForgedDocument &document) {
        document.map = [=](QByteArray map) {
            return map.replace(cborText(name), '\x78' + QByteArray(1, char(qstrlen(name))) + name);
        };
    });
    add("key in chunks", Verdict::surprising, [=](ForgedDocument &document) {
        document.map = [=](QByteArray map) {
            return map.replace(cborText(name), '\x7f' + cborText(name) + '\xff');
        };
    });
}

void addTypes(Forgeries &list, const char *name) {
    const struct {
        const char *what;
        QByteArray cbor;
        char type; // of the field that may have it
    } values[] = {{"a number", "\x01", 't'},
                  {"a negative number", "\x20", 0},
                  {"bytes", "\x41x", 'b'},
                  {"a text", "\x61x", 's'},
                  {"an array", "\x80", 0},
                  {"a map", "\xa0", 0},
                  {"true", "\xf5", 0},
                  {"undefined", "\xf7", 0},
                  {"a float", QByteArray::fromHex("f93c00"), 0},
                  {"a big number", "\xc2\x41\x01", 0},
                  {"null", "\xf6", 'b'}};
    const QByteArray field(name);
    const char own = field == "timestamp"                                                   ? 't'
                     : field == "module_id"                                                 ? 's'
                     : optional[0] == field || optional[1] == field || optional[2] == field ? 'b'
                                                                                            : 0;
    for (const auto &entry : values)
        if (!entry.type || entry.type != own)
            list.append({u"%1: %2"_s.arg(QLatin1String(name), QLatin1String(entry.what)), Verdict::invalid,
                         [=, cbor = entry.cbor](ForgedDocument &document) { document.field(name) = cbor; },
                         good});
    list.append({u"%1: tagged"_s.arg(QLatin1String(name)), Verdict::invalid,
                 [=](ForgedDocument &document) { document.field(name) = '\xc1' + valueOf(document, name); },
                 [=](ForgedDocument &document) { document.field(name) = valueOf(document, name); }});
}

void addFields(Forgeries &list) {
    for (const char *name : mandatory) {
        addKeys(list, name, true);
        addTypes(list, name);
    }
    for (const char *name : optional) {
        addKeys(list, name, false);
        addTypes(list, name);
    }
}

// The head of the value one step longer than need be.
QByteArray longHead(const QByteArray &cbor) {
    const int info = cbor[0] & 0x1f;
    const char major = char(cbor[0] & 0xe0);
    if (info < 24)
        return char(major | 24) + QByteArray(1, char(info)) + cbor.mid(1);
    const qsizetype width = qsizetype(1) << (info - 24);
    return char(major | (info + 1)) + QByteArray(width, '\0') + cbor.mid(1);
}

void addForms(Forgeries &list) {
    const auto add = [&](const char *name, const char *what, auto change) {
        list.append(
            {u"%1: %2"_s.arg(QLatin1String(name), QLatin1String(what)), Verdict::surprising,
             [=](ForgedDocument &document) { document.field(name) = change(valueOf(document, name)); },
             [=](ForgedDocument &document) { document.field(name) = valueOf(document, name); }});
    };
    for (const char *name : {"module_id", "digest", "pcrs", "certificate", "cabundle", "user_data", "nonce"})
        add(name, "a long head", longHead);
    for (const char *name : {"module_id", "digest", "certificate", "user_data", "nonce"})
        add(name, "in chunks", [](const QByteArray &cbor) {
            const char major = char(cbor[0] & 0xe0);
            return char(major | 0x1f) + cbor + '\xff';
        });
    add("pcrs", "no definite length", [](const QByteArray &cbor) { return '\xbf' + cbor.mid(1) + '\xff'; });
    add("cabundle", "no definite length",
        [](const QByteArray &cbor) { return '\x9f' + cbor.mid(1) + '\xff'; });
    const auto whole = [&](const char *what, Verdict verdict, auto change) {
        list.append({u"map: %1"_s.arg(QLatin1String(what)), verdict,
                     [=](ForgedDocument &document) { document.map = change; }, good});
    };
    whole("a byte behind it", Verdict::invalid, [](const QByteArray &map) { return map + '\0'; });
    whole("itself behind it", Verdict::invalid, [](const QByteArray &map) { return map + map; });
    whole("without its end", Verdict::unreadable, [](const QByteArray &map) { return map.chopped(1); });
    whole("in an array", Verdict::unreadable, [](const QByteArray &map) { return '\x81' + map; });
    whole("in bytes", Verdict::unreadable, [](const QByteArray &map) { return DocumentMaker::bytes(map); });
    whole("tagged", Verdict::unreadable, [](const QByteArray &map) { return "\xd9\xd9\xf7" + map; });
    whole("empty", Verdict::invalid, [](const QByteArray &) { return QByteArray("\xbf\xff"); });
    whole("an array of its fields", Verdict::unreadable,
          [](const QByteArray &map) { return '\x9f' + map.mid(1); });
    whole("a key without value", Verdict::unreadable,
          [](const QByteArray &map) { return map.chopped(1) + cborText("x") + '\xff'; });
    whole("one pair more than it counts", Verdict::invalid,
          [](const QByteArray &map) { return '\xa9' + map.mid(1).chopped(1) + cborText("x") + '\x01'; });
    whole("one pair less than it counts", Verdict::unreadable,
          [](const QByteArray &map) { return '\xaa' + map.mid(1).chopped(1); });
    whole("count in two bytes", Verdict::surprising,
          [](const QByteArray &map) { return "\xb8\x09" + map.mid(1).chopped(1); });
    whole("a field of nobody's", Verdict::surprising,
          [](const QByteArray &map) { return map.chopped(1) + cborText("x") + "\x01\xff"; });
}

void addValues(Forgeries &list) {
    const auto add = [&](const char *name, const char *what, Verdict verdict, const QByteArray &cbor,
                         const QByteArray &twin = {}) {
        list.append({u"%1: %2"_s.arg(QLatin1String(name), QLatin1String(what)), verdict,
                     [=](ForgedDocument &document) { document.field(name) = cbor; },
                     [=](ForgedDocument &document) {
                         if (!twin.isEmpty())
                             document.field(name) = twin;
                     }});
    };
    add("module_id", "empty", Verdict::invalid, cborText({}));
    add("module_id", "not UTF-8", Verdict::unreadable, cborText("i-\xff"));
    add("module_id", "not EC2's", Verdict::surprising, cborText("module"));
    for (const char *digest : {"", "SHA256", "SHA512", "sha384", "SHA-384", "SHA384 ", "SHA3-384"})
        add("digest", digest, Verdict::invalid, cborText(digest), cborText("SHA384"));
    add("digest", "with a zero", Verdict::invalid, cborText(QByteArray("SHA384\0", 7)), cborText("SHA384"));
    add("timestamp", "0", Verdict::invalid, cborHead(0, 0));
    add("timestamp", "in seconds", Verdict::invalid, cborHead(0, DocumentMaker::issuedAt));
    add("timestamp", "in microseconds", Verdict::invalid, cborHead(0, DocumentMaker::timestampMs * 1000));
    add("timestamp", "the largest", Verdict::invalid, cborHead(0, UINT64_MAX));
    constexpr quint64 lifeMs = 3 * 3600 * 1000;
    add("timestamp", "after the leaf's end", Verdict::invalid,
        cborHead(0, DocumentMaker::timestampMs + lifeMs + 1000),
        cborHead(0, DocumentMaker::timestampMs + 1000));
    add("timestamp", "before the leaf's beginning", Verdict::invalid,
        cborHead(0, DocumentMaker::timestampMs - 5000), cborHead(0, DocumentMaker::timestampMs - 1000));
    add("timestamp", "later than now", Verdict::surprising, cborHead(0, DocumentMaker::timestampMs + 600'000),
        cborHead(0, DocumentMaker::timestampMs + 60'000));
    for (const char *name : optional) {
        const auto ofSize = [](int size) { return DocumentMaker::bytes(QByteArray(size, 'x')); };
        const int most = QByteArray(name) == "public_key" ? 1024 : 512;
        add(name, "a byte too long", Verdict::surprising, ofSize(most + 1), ofSize(most));
    }
    add("public_key", "empty", Verdict::surprising, DocumentMaker::bytes({}), DocumentMaker::bytes("x"));
}

void addPcrs(Forgeries &list) {
    const auto pcr = [](qsizetype size) { return DocumentMaker::bytes(QByteArray(size, 'x')); };
    const auto add = [&](const char *what, Verdict verdict, const QByteArray &cbor, const QByteArray &twin) {
        list.append({u"pcrs: %1"_s.arg(QLatin1String(what)), verdict,
                     [=](ForgedDocument &document) { document.field("pcrs") = cbor; },
                     [=](ForgedDocument &document) { document.field("pcrs") = twin; }});
    };
    const QByteArray one = QByteArray("\xa1\x00", 2) + pcr(48), last = "\xa1\x18\x1f" + pcr(48);
    for (const int size : {0, 1, 32, 47, 49, 64})
        add(qPrintable(u"%1 bytes"_s.arg(size)), Verdict::invalid, QByteArray("\xa1\x00", 2) + pcr(size),
            one);
    add("index 32", Verdict::invalid, "\xa1\x18\x20" + pcr(48), last);
    add("index 255", Verdict::invalid, "\xa1\x18\xff" + pcr(48), last);
    add("index 2^32", Verdict::invalid, "\xa1" + cborHead(0, quint64(1) << 32) + pcr(48), last);
    add("index -1", Verdict::invalid, "\xa1\x20" + pcr(48), one);
    add("index as a text", Verdict::invalid, "\xa1\x61" + QByteArray("0") + pcr(48), one);
    add("index as bytes", Verdict::invalid, QByteArray("\xa1\x41\x00", 3) + pcr(48), one);
    add("index as a float", Verdict::invalid, QByteArray::fromHex("a1f90000") + pcr(48), one);
    add("index null", Verdict::invalid, "\xa1\xf6" + pcr(48), one);
    add("index in an array", Verdict::invalid, QByteArray("\xa1\x81\x00", 3) + pcr(48), one);
    add("value null", Verdict::invalid, QByteArray("\xa1\x00\xf6", 3), one);
    add("value as a text", Verdict::invalid, QByteArray("\xa1\x00", 2) + cborText(QByteArray(48, 'x')), one);
    add("value in an array", Verdict::invalid, QByteArray("\xa1\x00\x81", 3) + pcr(48), one);
    add("value tagged", Verdict::invalid, QByteArray("\xa1\x00\xc1", 3) + pcr(48), one);
    add("the same twice", Verdict::invalid,
        QByteArray("\xa2\x00", 2) + pcr(48) + QByteArray(1, '\0') + pcr(48), one);
    add("the same twice, once in two bytes", Verdict::invalid,
        QByteArray("\xa2\x00", 2) + pcr(48) + QByteArray("\x18\x00", 2) + pcr(48), one);
    add("empty", Verdict::invalid, "\xa0", one);
    add("index in two bytes", Verdict::surprising, QByteArray("\xa1\x18\x00", 3) + pcr(48), one);
    add("value in chunks", Verdict::surprising, QByteArray("\xa1\x00\x5f", 3) + pcr(48) + '\xff', one);
    QByteArray many = cborHead(5, 33);
    for (quint64 index = 0; index < 33; ++index)
        many += cborHead(0, index) + pcr(48);
    add("33", Verdict::invalid, many, cborHead(5, 32) + many.mid(2).chopped(qsizetype(2 + 2 + 48)));
    QByteArray debug = cborHead(5, 3);
    for (quint64 index = 0; index < 3; ++index)
        debug += cborHead(0, index) + DocumentMaker::bytes(QByteArray(48, '\0'));
    add("debug mode", Verdict::surprising, debug, one);
}

// Each field changed after the signature was made.
void addChanged(Forgeries &list) {
    const auto add = [&](const char *name, const QByteArray &before, const QByteArray &after) {
        list.append({u"%1 changed later"_s.arg(QLatin1String(name)), Verdict::invalid,
                     [=](ForgedDocument &document) {
                         document.envelope = [=](QByteArray bytes) {
                             return bytes.replace(bytes.indexOf(before), before.size(), after);
                         };
                     },
                     good});
    };
    add("module_id", "i-06fb", "i-06fc");
    add("timestamp", cborHead(0, DocumentMaker::timestampMs), cborHead(0, DocumentMaker::timestampMs + 1));
    add("PCR0", QByteArray(48, 'a'), QByteArray(47, 'a') + 'b');
    add("user_data", "hello", "hellp");
    add("nonce", "once", "onca");
    add("public_key", "public_key\xf6", "public_key\xf7");
}

} // namespace

Forgeries forgedPayloads() {
    return forgeriesOf({addFields, addValues, addPcrs, addForms, addChanged});
}

} // namespace nitroscope::test
