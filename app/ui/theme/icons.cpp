// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/ui/theme/icons.hpp"

#include "app/ui/theme/theme.hpp"

#include <optional>
#include <QApplication>
#include <QFile>
#include <QIconEngine>
#include <QPainter>
#include <QSvgRenderer>

// The resources are linked from a static library, which registers them only when told to; outside of any
// namespace, because the macro declares a global function.
static void registerResources() {
    Q_INIT_RESOURCE(resources);
}

namespace nitroscope::app::icons {

using namespace Qt::Literals::StringLiterals;
namespace {

// Renders the SVG as a mask and fills it with a colour that is looked up when painting, so that icons follow
// a change from light to dark without being made anew.
class TintedEngine : public QIconEngine {
public:
    TintedEngine(QByteArray svg, std::optional<QColor> color) : m_svg(std::move(svg)), m_color(color) {}

    void paint(QPainter *painter, const QRect &rect, QIcon::Mode mode, QIcon::State state) override {
        const qreal ratio = painter->device()->devicePixelRatioF();
        painter->drawPixmap(rect, scaledPixmap(rect.size() * ratio, mode, state, 1.0));
    }
    QPixmap pixmap(const QSize &size, QIcon::Mode mode, QIcon::State state) override {
        return scaledPixmap(size, mode, state, 1.0);
    }
    QPixmap scaledPixmap(const QSize &size, QIcon::Mode mode, QIcon::State, qreal) override {
        QImage image(size, QImage::Format_ARGB32_Premultiplied);
        image.fill(Qt::transparent);
        QPainter painter(&image);
        QSvgRenderer renderer(m_svg);
        renderer.render(&painter);
        painter.setCompositionMode(QPainter::CompositionMode_SourceIn);
        painter.fillRect(image.rect(), colorFor(mode));
        painter.end();
        return QPixmap::fromImage(image);
    }
    QIconEngine *clone() const override { return new TintedEngine(m_svg, m_color); }

private:
    QColor colorFor(QIcon::Mode mode) const {
        const QPalette palette = QApplication::palette();
        if (mode == QIcon::Disabled)
            return palette.color(QPalette::Disabled, QPalette::ButtonText);
        if (mode == QIcon::Selected && !m_color)
            return palette.color(QPalette::HighlightedText);
        return m_color.value_or(palette.color(QPalette::ButtonText));
    }

    QByteArray m_svg;
    std::optional<QColor> m_color;
};

QIcon make(const QString &name, std::optional<QColor> color) {
    registerResources();
    QFile file(u":/nitroscope/icons/%1.svg"_s.arg(name));
    if (name.isEmpty() || !file.open(QIODevice::ReadOnly))
        return {};
    return QIcon(new TintedEngine(file.readAll(), color));
}

} // namespace

QIcon named(const QString &name) {
    return make(name, std::nullopt);
}

QIcon named(const QString &name, const QColor &color) {
    return make(name, color);
}

QIcon severity(formats::Severity severity, const QPalette &palette) {
    const char *name = nullptr;
    switch (severity) {
    case formats::Severity::none:
        return {};
    case formats::Severity::note:
        name = "note";
        break;
    case formats::Severity::warning:
        name = "warning";
        break;
    case formats::Severity::error:
        name = "error";
        break;
    }
    return named(QString::fromLatin1(name), theme::severityColor(palette, severity));
}

} // namespace nitroscope::app::icons
