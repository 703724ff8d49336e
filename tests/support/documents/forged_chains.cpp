// SPDX-License-Identifier: GPL-2.0-or-later
//
// Chains of good certificates in the wrong order, number or company (RFC 5280 §6.1, AWS's attestation_process.md §3.2.3).
#include "tests/support/documents/forgery.hpp"

#include <algorithm>

namespace nitroscope::test {

using namespace Qt::Literals::StringLiterals;
using formats::attestation::Verdict;
using Chain = QList<QByteArray>;

namespace {

template <class Change>
void addBundle(Forgeries &list, const QString &name, Verdict verdict, const Change &change) {
    list.append({name, verdict,
                 [change](ForgedDocument &document) {
                     document.bundle = [change](const Chain &chain) {
                         Chain bundle = chain.first(leaf);
                         change(bundle, chain);
                         return bundle;
                     };
                 },
                 good});
}

// Somebody else's PKI with the same names.
const DocumentMaker &stranger() {
    static const DocumentMaker maker;
    return maker;
}

QByteArray strangersCertificate(int place) {
    const DocumentMaker &maker = stranger();
    const nsm::Issued *all[] = {&maker.root, &maker.regional, &maker.zonal, &maker.instance, &maker.leaf};
    return DocumentMaker::derOf(*all[place]);
}

void addOrders(Forgeries &list) {
    for (int place = root; place < instance; ++place)
        addBundle(list, u"%1 behind the next"_s.arg(QLatin1String(placeNames[place])), Verdict::invalid,
                  [place](Chain &bundle, const Chain &) { bundle.move(place, place + 1); });
    addBundle(list, u"in reverse order"_s, Verdict::invalid,
              [](Chain &bundle, const Chain &) { std::ranges::reverse(bundle); });
    addBundle(list, u"in reverse order without the root"_s, Verdict::invalid,
              [](Chain &bundle, const Chain &) {
                  bundle.removeFirst();
                  std::ranges::reverse(bundle);
              });
    addBundle(list, u"root last"_s, Verdict::invalid,
              [](Chain &bundle, const Chain &) { bundle.move(root, instance); });
}

void addNumbers(Forgeries &list) {
    addBundle(list, u"without the root"_s, Verdict::surprising,
              [](Chain &bundle, const Chain &) { bundle.removeFirst(); });
    for (int place = regional; place <= instance; ++place)
        addBundle(list, u"without %1"_s.arg(QLatin1String(placeNames[place])), Verdict::invalid,
                  [place](Chain &bundle, const Chain &) { bundle.removeAt(place); });
    for (int place = root; place <= instance; ++place) {
        addBundle(list, u"%1 twice in a row"_s.arg(QLatin1String(placeNames[place])), Verdict::invalid,
                  [place](Chain &bundle, const Chain &) { bundle.insert(place, bundle[place]); });
        addBundle(list, u"%1 again at the end"_s.arg(QLatin1String(placeNames[place])), Verdict::invalid,
                  [place](Chain &bundle, const Chain &) { bundle.append(bundle[place]); });
        addBundle(list, u"only %1"_s.arg(QLatin1String(placeNames[place])), Verdict::invalid,
                  [place](Chain &bundle, const Chain &) { bundle = {bundle[place]}; });
    }
    addBundle(list, u"leaf in the bundle, too"_s, Verdict::invalid,
              [](Chain &bundle, const Chain &chain) { bundle.append(chain[leaf]); });
    addBundle(list, u"leaf in place of the instance's"_s, Verdict::invalid,
              [](Chain &bundle, const Chain &chain) { bundle[instance] = chain[leaf]; });
    addBundle(list, u"empty"_s, Verdict::invalid, [](Chain &bundle, const Chain &) { bundle.clear(); });
    addBundle(list, u"seventeen"_s, Verdict::invalid, [](Chain &bundle, const Chain &) {
        while (bundle.size() < 17)
            bundle.insert(root, bundle[root]);
    });
    addBundle(list, u"an empty certificate"_s, Verdict::invalid,
              [](Chain &bundle, const Chain &) { bundle.append(QByteArray()); });
    addBundle(list, u"a certificate as PEM"_s, Verdict::invalid, [](Chain &bundle, const Chain &) {
        bundle[zonal] =
            "-----BEGIN CERTIFICATE-----\n" + bundle[zonal].toBase64() + "\n-----END CERTIFICATE-----\n";
    });
    for (const auto &[name, entry] :
         {std::pair("null", "\xf6"), std::pair("a text", "\x61x"), std::pair("a number", "\x01"),
          std::pair("an array", "\x80"), std::pair("a map", "\xa0")})
        list.append({u"%1 in the bundle"_s.arg(QLatin1String(name)), Verdict::invalid,
                     [entry = QByteArray(entry)](ForgedDocument &document) {
                         QByteArray cbor = cborHead(4, 5);
                         for (int place = root; place < leaf; ++place)
                             cbor += DocumentMaker::bytes(document.certificate(place));
                         document.field("cabundle") = cbor + entry;
                     },
                     good});
}

void addStrangers(Forgeries &list) {
    for (int place = root; place <= instance; ++place) {
        addBundle(list, u"%1 of a stranger"_s.arg(QLatin1String(placeNames[place])), Verdict::invalid,
                  [place](Chain &bundle, const Chain &) { bundle[place] = strangersCertificate(place); });
        addBundle(
            list, u"a stranger's %1 before ours"_s.arg(QLatin1String(placeNames[place])), Verdict::invalid,
            [place](Chain &bundle, const Chain &) { bundle.insert(place, strangersCertificate(place)); });
    }
    list.append({u"leaf of a stranger"_s, Verdict::invalid,
                 [](ForgedDocument &document) {
                     document.field("certificate") = DocumentMaker::bytes(strangersCertificate(leaf));
                     document.signer = stranger().leaf.key.get();
                 },
                 good});
    list.append({u"all of a stranger"_s, Verdict::invalid,
                 [](ForgedDocument &document) {
                     document.bundle = [](const Chain &) {
                         return Chain{strangersCertificate(root), strangersCertificate(regional),
                                      strangersCertificate(zonal), strangersCertificate(instance)};
                     };
                     document.field("certificate") = DocumentMaker::bytes(strangersCertificate(leaf));
                     document.signer = stranger().leaf.key.get();
                 },
                 good});
    for (int place = root; place < leaf; ++place)
        list.append({u"%1 and the next for one key"_s.arg(QLatin1String(placeNames[place])),
                     Verdict::surprising,
                     [place](ForgedDocument &document) { document.setKey(place + 1, document.key(place)); },
                     [place](ForgedDocument &document) { document.setKey(place, document.key(place)); }});
}

} // namespace

Forgeries forgedChains() {
    return forgeriesOf({addOrders, addNumbers, addStrangers});
}

} // namespace nitroscope::test
