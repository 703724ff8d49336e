// SPDX-License-Identifier: GPL-2.0-or-later
//
// A file that appears whole or not at all. It is written under another name in the same folder, brought to the disk
// (fsync) and renamed at the end; whatever goes wrong before leaves what was there under the name. Every failure is
// told by commit(), also one that a caller of write() overlooked.
//
// What is not a regular file (/dev/stdout, a pipe, /dev/full) cannot be replaced and is written directly. A link leads
// to what it names, unless another user has put it into a folder like /tmp. The file that is replaced hands on its
// permissions when it is ours.
#pragma once

#include "app/core/result.hpp"

#include <QByteArray>
#include <QIODevice>

namespace nitroscope::app {

enum class FileRole {
    result,  // what the user asked for: readable as the umask says
    secret,  // the user's alone (0600)
    scratch, // the user's alone, in a folder that goes at the end: not brought to the disk
};

class FileWriter : public QIODevice {
public:
    explicit FileWriter(QString path, FileRole role = FileRole::result);
    ~FileWriter() override; // without commit() nothing has happened

    // Errors of both: "output", with the path as context and the system's words.
    Result<void> start();
    Result<void> commit();
    // The first failure, for callers that stop at it; `write()` gives fewer bytes than asked then.
    tl::unexpected<Error> problem() const;

    QString path() const { return m_path; }
    bool isSequential() const override { return false; }
    qint64 size() const override { return m_size; }
    bool seek(qint64 position) override;

protected:
    qint64 readData(char *, qint64) override { return -1; }
    qint64 writeData(const char *data, qint64 size) override;

private:
    int openTemporary();
    int openTarget();
    int writeBuffer();
    int finish();
    bool note(int error);
    void discard();

    QString m_path;
    FileRole m_role;
    QByteArray m_target, m_temporary; // names for the system; no temporary one when written directly
    QByteArray m_buffer;
    qint64 m_size = 0;
    unsigned m_mode = 0; // of the file that is replaced; 0 when there is none
    int m_descriptor = -1;
    int m_error = 0; // the first one
};

// Before something is written in place: error "output" when another user has made what lies at the path, in a folder
// like /tmp, and so would have, or choose, what is written.
Result<void> checkPlace(const QString &path);

// The whole content at once.
Result<void> writeFile(const QString &path, QByteArrayView content, FileRole role = FileRole::result);

} // namespace nitroscope::app
