# SPDX-License-Identifier: GPL-2.0-or-later
#
# Installs what other builds have left in the build folder, and what our own programs write: manual pages and pictures. `build`, `private`,
# `packaging` and `strip` are set by the line before.
set(root "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}")

function(run)
    execute_process(COMMAND ${ARGV} RESULT_VARIABLE code ERROR_VARIABLE problem)
    if(NOT code EQUAL 0)
        message(FATAL_ERROR "${ARGV}: ${problem}")
    endif()
endfunction()

# A link into the cache folder would lead nowhere on another computer.
function(install_real file folder)
    if(NOT EXISTS "${build}/${file}")
        message(FATAL_ERROR "${build}/${file} has not been built: ./workbench build does.")
    endif()
    file(REAL_PATH "${build}/${file}" real)
    file(INSTALL "${real}" DESTINATION "${CMAKE_INSTALL_PREFIX}/${private}/${folder}" USE_SOURCE_PERMISSIONS)
endfunction()

file(GLOB emulators RELATIVE "${build}" "${build}/bin/qemu-system-*")
if(NOT emulators)
    message(FATAL_ERROR "QEMU has not been built: ./workbench build does.")
endif()
foreach(emulator ${emulators})
    install_real("${emulator}" bin)
    if(CMAKE_INSTALL_DO_STRIP)
        run("${strip}" "${root}/${private}/${emulator}")
    endif()
endforeach()
foreach(file demo.eif bzImage System.map)
    install_real(demo/${file} demo)
    file(CHMOD "${root}/${private}/demo/${file}" PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
endforeach()

# Manual pages are the texts of --help.
set(manual "${build}/manual")
file(REMOVE_RECURSE "${manual}")
file(MAKE_DIRECTORY "${manual}")
run("${build}/bin/nitroscope-cli" manual "${manual}")
run("${build}/bin/nitroscope" --manual-page "${manual}/nitroscope.1")
file(GLOB pages "${manual}/*.1")
foreach(page ${pages})
    run(gzip -9nf "${page}")
endforeach()
file(GLOB pages "${manual}/*.1.gz")
file(INSTALL ${pages} DESTINATION "${CMAKE_INSTALL_PREFIX}/share/man/man1")

configure_file("${build}/app/packaging/changelog" "${build}/changelog" COPYONLY)
run(gzip -9nf "${build}/changelog")
file(INSTALL "${build}/changelog.gz" DESTINATION "${CMAKE_INSTALL_PREFIX}/share/doc/nitroscope")

set(icons "${build}/icons")
foreach(size 16 22 24 32 48 64 128 256 512)
    file(MAKE_DIRECTORY "${icons}/${size}")
    run("${build}/bin/render_icon" "${size}" "${packaging}/nitroscope.svg" "${icons}/${size}/nitroscope.png")
    file(INSTALL "${icons}/${size}/nitroscope.png" DESTINATION "${CMAKE_INSTALL_PREFIX}/share/icons/hicolor/${size}x${size}/apps")
endforeach()

# The desktop file has the folder that was chosen when installing.
configure_file("${packaging}/nitroscope.desktop.in" "${build}/nitroscope.desktop" @ONLY)
file(INSTALL "${build}/nitroscope.desktop" DESTINATION "${CMAKE_INSTALL_PREFIX}/share/applications")
