# SPDX-License-Identifier: GPL-2.0-or-later
#
# The Debian package, of what app/packaging installs: `./workbench package`. Which libraries it needs is read from the programs.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME nitroscope)
set(CPACK_PACKAGE_CONTACT "The Nitroscope developers <nitroscope@localhost>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL OFF)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "libqt6svg6, qt6-qpa-plugins")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "gdb, fonts-dejavu-core")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "wireshark | tshark, skopeo")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "debug workbench for AWS Nitro Enclaves")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "Boots an unmodified enclave image (EIF) on a virtual machine that
looks like a Nitro Enclave to its guest, and shows what EC2 hides: the
console, PCRs, requests to the Nitro Secure Module, vsock traffic,
attestation documents, every instruction. With a window and a command
line that takes nitro-cli's commands.")
set(CPACK_RESOURCE_FILE_LICENSE ${CMAKE_SOURCE_DIR}/LICENSE)
set(CPACK_VERBATIM_VARIABLES ON)
include(CPack)
