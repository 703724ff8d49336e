// SPDX-License-Identifier: GPL-2.0-or-later
//
// The source line of the current instruction, when DWARF has one and the file is here. Files are found where
// DWARF says, below folders that the user has named, and around the image.
#pragma once

#include "app/features/debug/base/debug_panel.hpp"

class QComboBox;
class QLabel;

namespace nitroscope::app {

class EmptyStack;
class SourceView;

class SourcePanel : public DebugPanel {
    Q_OBJECT
public:
    static constexpr qint64 maxBytes = 8 << 20; // of a source file

    explicit SourcePanel(QWidget *parent = nullptr);

    // Where the code at the address comes from; with inlining, one entry per function, innermost first.
    void showAddress(quint64 address);
    void addFolder(const QString &folder);
    // Sources often lie where the image was built: its folder and a few above it are searched, too.
    void setImage(const QString &path);
    SourceView &view() { return *m_text; }
    // The line under the cursor, or the next one with code.
    void toggleBreakpoint();
    bool hasCursor() const; // commands are about this panel
    QString shownFile() const { return m_file; }
    int shownLine() const { return m_line; }
    QString message() const;

    void copy() override;
    void selectAll() override;

signals:
    void breakpointToggled(quint64 address);

protected:
    void refresh() override;
    void breakpointsChanged() override { markBreakpoints(); }
    void setStale(bool stale) override;
    void symbolsChanged() override { refreshSoon(); }
    void targetStopped(const DebugStop &stop) override { showAddress(stop.pc); }

private:
    void showPlace(const SourcePlace &place);
    void showText(const QString &path, const QString &text);
    void markLine();
    void markBreakpoints();

    quint64 m_address = 0;
    QVector<SourcePlace> m_places;
    QStringList m_folders, m_imageFolders;
    QString m_file;            // path shown
    QString m_shown, m_wanted; // files as symbols name them: that which is shown, that which is being loaded
    int m_line = 0;
    QComboBox *m_inlines;
    SourceView *m_text;
    EmptyStack *m_stack;
    QString m_message;
};

} // namespace nitroscope::app
