// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/proto/pcapng/guest_text.hpp"

#include <array>

namespace nitroscope::pcapng {

using namespace Qt::Literals::StringLiterals;
namespace {

// Linux's errno names for what a result may be; other numbers stay numbers.
struct ErrorName {
    int number;
    const char *name;
};
constexpr std::array errorNames = {
    ErrorName{1, "EPERM"},          ErrorName{2, "ENOENT"},        ErrorName{3, "ESRCH"},
    ErrorName{4, "EINTR"},          ErrorName{5, "EIO"},           ErrorName{6, "ENXIO"},
    ErrorName{7, "E2BIG"},          ErrorName{8, "ENOEXEC"},       ErrorName{9, "EBADF"},
    ErrorName{10, "ECHILD"},        ErrorName{11, "EAGAIN"},       ErrorName{12, "ENOMEM"},
    ErrorName{13, "EACCES"},        ErrorName{14, "EFAULT"},       ErrorName{16, "EBUSY"},
    ErrorName{17, "EEXIST"},        ErrorName{19, "ENODEV"},       ErrorName{20, "ENOTDIR"},
    ErrorName{21, "EISDIR"},        ErrorName{22, "EINVAL"},       ErrorName{24, "EMFILE"},
    ErrorName{25, "ENOTTY"},        ErrorName{28, "ENOSPC"},       ErrorName{29, "ESPIPE"},
    ErrorName{30, "EROFS"},         ErrorName{32, "EPIPE"},        ErrorName{38, "ENOSYS"},
    ErrorName{90, "EMSGSIZE"},      ErrorName{95, "EOPNOTSUPP"},   ErrorName{98, "EADDRINUSE"},
    ErrorName{104, "ECONNRESET"},   ErrorName{107, "ENOTCONN"},    ErrorName{110, "ETIMEDOUT"},
    ErrorName{111, "ECONNREFUSED"}, ErrorName{115, "EINPROGRESS"},
};

QString resultText(qint64 value) {
    if (value >= -4095 && value < 0) { // Linux: an error
        for (const ErrorName &known : errorNames)
            if (known.number == -value)
                return u"-1 %1"_s.arg(QLatin1String(known.name));
        return u"-1 (error %1)"_s.arg(-value);
    }
    return value < 0 || value > 0xffff'ffff ? u"0x%1"_s.arg(quint64(value), 0, 16) : QString::number(value);
}

QString quoted(const QString &text) {
    QString out = u"\""_s;
    for (const QChar c : text) {
        if (c == u'"' || c == u'\\')
            out += u'\\';
        out += c.isPrint() ? QString(c) : u"\\x%1"_s.arg(c.unicode(), 2, 16, QLatin1Char('0'));
    }
    return out + u'"';
}

QString callText(const GuestRecord &guest, const QString &name) {
    QStringList words;
    for (const QVariant &argument : guest.fields.value(u"arguments"_s).toList())
        words << u"0x%1"_s.arg(argument.toULongLong(), 0, 16);
    const QVariant path = guest.fields.value(u"path"_s);
    return path.isValid() ? u"%1(%2) path %3"_s.arg(name, words.join(", "_L1), quoted(path.toString()))
                          : u"%1(%2)"_s.arg(name, words.join(", "_L1));
}

} // namespace

std::optional<QString> guestText(const GuestRecord &guest) {
    const QString name = guest.fields.value(u"name"_s).toString();
    if (name.isEmpty())
        return {};
    if (guest.kind == QLatin1String(NITRO_CAPTURE_KIND_SYSTEM_CALL))
        return callText(guest, name);
    if (guest.kind == QLatin1String(NITRO_CAPTURE_KIND_SYSTEM_CALL_RESULT))
        return u"%1 = %2"_s.arg(name, resultText(guest.fields.value(u"result"_s).toLongLong()));
    if (guest.kind == QLatin1String(NITRO_CAPTURE_KIND_FIRST_CALL))
        return u"first call of %1 at 0x%2"_s.arg(name).arg(guest.fields.value(u"address"_s).toULongLong(), 0,
                                                           16);
    return {};
}

} // namespace nitroscope::pcapng
