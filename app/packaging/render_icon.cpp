// SPDX-License-Identifier: GPL-2.0-or-later
//
// render_icon SIZE FILE.svg FILE.png: an icon of SIZE pixels, for desktops that want pictures.
#include <cstdio>
#include <cstdlib>
#include <QImage>
#include <QPainter>
#include <QSvgRenderer>

int main(int argc, char **argv) {
    constexpr int maxSize = 4096;
    const int size = argc == 4 ? std::atoi(argv[1]) : 0;
    if (size < 1 || size > maxSize) {
        std::fputs("usage: render_icon SIZE FILE.svg FILE.png\n", stderr);
        return 2;
    }
    QSvgRenderer renderer(QString::fromLocal8Bit(argv[2]));
    QImage picture(size, size, QImage::Format_ARGB32_Premultiplied);
    picture.fill(Qt::transparent);
    QPainter painter(&picture);
    painter.setRenderHint(QPainter::Antialiasing);
    renderer.render(&painter);
    painter.end();
    if (renderer.isValid() && picture.save(QString::fromLocal8Bit(argv[3]), "PNG"))
        return 0;
    std::fprintf(stderr, "render_icon: %s cannot be drawn into %s\n", argv[2], argv[3]);
    return 1;
}
