# SPDX-License-Identifier: GPL-2.0-or-later
#
# Qt's headers are three quarters of the time that a file of ours takes to compile, so they are compiled once per kind of target:
#   nitroscope_precompile(TARGET core|cli|widgets|test|gui-test)
# core and cli also forbid implicit conversions between char * and QString, which the compiler must know when it precompiles.
# Sources include what they use all the same; clang-tidy reads them without this and keeps them honest.

set(precompiled_standard <algorithm> <array> <chrono> <functional> <map> <memory> <optional> <span> <string> <variant> <vector>)
set(precompiled_core <QByteArray> <QDir> <QFile> <QFileInfo> <QHash> <QJsonArray> <QJsonDocument> <QJsonObject> <QObject> <QPointer>
    <QProcess> <QString> <QStringList> <QTimer> <QVariant>)
set(precompiled_widgets <QAction> <QApplication> <QBoxLayout> <QClipboard> <QDialog> <QHeaderView> <QLabel> <QLineEdit> <QMenu>
    <QPainter> <QPushButton> <QScrollBar> <QSplitter> <QTableView> <QToolButton> <QTreeView> <QWidget>)

# Qt6::Test defines the first two with each target's own folder, and Qt6::Network the third, which would keep the headers from being shared; no
# test of ours needs them.
set(precompiled_same -UQT_TESTCASE_BUILDDIR -UQT_TESTCASE_SOURCEDIR -UQT_NETWORK_LIB)

function(nitroscope_precompile_base name)
    cmake_parse_arguments(arg "PROGRAM" "" "LIBS;HEADERS;DEFINE" ${ARGN})
    file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/precompiled/${name}.cpp CONTENT "// Carries the precompiled headers ${name}.\n")
    add_library(precompiled_${name} OBJECT ${CMAKE_BINARY_DIR}/precompiled/${name}.cpp)
    target_link_libraries(precompiled_${name} PRIVATE nitroscope_options ${arg_LIBS})
    target_compile_definitions(precompiled_${name} PUBLIC ${arg_DEFINE})
    target_precompile_headers(precompiled_${name} PRIVATE ${precompiled_standard} ${arg_HEADERS})
    target_compile_options(precompiled_${name} PRIVATE ${precompiled_same})
    set_target_properties(precompiled_${name} PROPERTIES NITROSCOPE_USES_QT ON)
    if(arg_PROGRAM) # as CMake compiles programs, or the compiler refuses the headers
        set_target_properties(precompiled_${name} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
        target_compile_options(precompiled_${name} PRIVATE -fPIE)
    endif()
endfunction()

set(no_casts QT_NO_CAST_FROM_ASCII QT_NO_CAST_TO_ASCII)
nitroscope_precompile_base(core LIBS Qt6::Core HEADERS ${precompiled_core} DEFINE ${no_casts})
nitroscope_precompile_base(cli PROGRAM LIBS Qt6::Core HEADERS ${precompiled_core} <CLI/App.hpp> <CLI/Config.hpp> <CLI/Formatter.hpp>
    DEFINE ${no_casts})
nitroscope_precompile_base(widgets LIBS Qt6::Widgets HEADERS ${precompiled_core} ${precompiled_widgets})
nitroscope_precompile_base(test PROGRAM LIBS Qt6::Network Qt6::Test HEADERS ${precompiled_core} <QtTest>)
nitroscope_precompile_base(gui-test PROGRAM LIBS Qt6::Network Qt6::Widgets Qt6::Test HEADERS ${precompiled_core} ${precompiled_widgets} <QtTest>)

function(nitroscope_precompile target kind)
    target_precompile_headers(${target} REUSE_FROM precompiled_${kind})
    target_compile_options(${target} PRIVATE ${precompiled_same})
    set_target_properties(${target} PROPERTIES NITROSCOPE_USES_QT ON)
    target_compile_definitions(${target} PRIVATE $<TARGET_PROPERTY:precompiled_${kind},INTERFACE_COMPILE_DEFINITIONS>)
endfunction()
