// SPDX-License-Identifier: GPL-2.0-or-later
//
// The Edit commands. They go to the view that had the focus last, then to the panel around it; menus and dialogs do not
// count.
#pragma once

#include "app/formats/tree/node.hpp"
#include "app/ui/text/byte_text.hpp"

#include <QObject>
#include <QPointer>

class QAbstractItemView;
class QWidget;

namespace nitroscope::app {

class Frame;
class HexView;
class Panel;

class EditCommands : public QObject {
    Q_OBJECT
public:
    explicit EditCommands(Frame &frame);

private:
    void registerBytes();
    void trackFocus(QWidget *now);
    void copy();
    void selectAll();
    // The bytes that the focus is in, or that its panel shows; nullptr when it shows none.
    const HexView *bytes() const;
    // Of those: what is selected there or, when the focus is in the tree beside them, what is chosen in it.
    formats::ByteRange chosenRange(const HexView &view) const;
    void copyBytes(ByteSpelling spelling);
    void exportBytes();
    // The list that the focus is in, or the first that its panel shows; nullptr when it shows none.
    const QAbstractItemView *list() const;
    void copyValue();
    void exportTable();

    Frame &m_frame;
    QPointer<Panel> m_panel;
    QPointer<QWidget> m_view; // in the panel
};

} // namespace nitroscope::app
