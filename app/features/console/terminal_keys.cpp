// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the user types into the terminal, as libvterm's keys. The escape sequences themselves (which depend on
// the modes the guest has set) are libvterm's business.
#include "app/features/console/terminal_screen.hpp"

#include <vterm.h>

namespace nitroscope::app {
namespace {

VTermKey keyOf(int key) {
    if (key >= Qt::Key_F1 && key <= Qt::Key_F12)
        return static_cast<VTermKey>(VTERM_KEY_FUNCTION(1 + key - Qt::Key_F1));
    switch (key) {
    case Qt::Key_Return:
    case Qt::Key_Enter:
        return VTERM_KEY_ENTER;
    case Qt::Key_Tab:
    case Qt::Key_Backtab:
        return VTERM_KEY_TAB;
    case Qt::Key_Backspace:
        return VTERM_KEY_BACKSPACE;
    case Qt::Key_Escape:
        return VTERM_KEY_ESCAPE;
    case Qt::Key_Up:
        return VTERM_KEY_UP;
    case Qt::Key_Down:
        return VTERM_KEY_DOWN;
    case Qt::Key_Left:
        return VTERM_KEY_LEFT;
    case Qt::Key_Right:
        return VTERM_KEY_RIGHT;
    case Qt::Key_Insert:
        return VTERM_KEY_INS;
    case Qt::Key_Delete:
        return VTERM_KEY_DEL;
    case Qt::Key_Home:
        return VTERM_KEY_HOME;
    case Qt::Key_End:
        return VTERM_KEY_END;
    case Qt::Key_PageUp:
        return VTERM_KEY_PAGEUP;
    case Qt::Key_PageDown:
        return VTERM_KEY_PAGEDOWN;
    default:
        return VTERM_KEY_NONE;
    }
}

VTermModifier modifierOf(Qt::KeyboardModifiers modifiers) {
    unsigned out = VTERM_MOD_NONE;
    out |= modifiers & Qt::ShiftModifier ? unsigned{VTERM_MOD_SHIFT} : 0u;
    out |= modifiers & Qt::AltModifier ? unsigned{VTERM_MOD_ALT} : 0u;
    out |= modifiers & Qt::ControlModifier ? unsigned{VTERM_MOD_CTRL} : 0u;
    return static_cast<VTermModifier>(out);
}

} // namespace

void TerminalScreen::typeText(const QString &text) {
    for (const char32_t character : text.toStdU32String())
        vterm_keyboard_unichar(m_vterm, character, VTERM_MOD_NONE);
}

bool TerminalScreen::typeKey(int key, Qt::KeyboardModifiers modifiers) {
    const VTermKey special = keyOf(key);
    if (special != VTERM_KEY_NONE) {
        vterm_keyboard_key(m_vterm, special, modifierOf(modifiers));
        return true;
    }
    // Control and Alt combinations of characters; plain ones come as text.
    if (key < 0x20 || key > 0x7e || !(modifiers & (Qt::ControlModifier | Qt::AltModifier)))
        return false;
    const auto character = static_cast<uint32_t>(key >= 'A' && key <= 'Z' ? key + 0x20 : key);
    vterm_keyboard_unichar(m_vterm, character, modifierOf(modifiers & ~Qt::ShiftModifier));
    return true;
}

} // namespace nitroscope::app
