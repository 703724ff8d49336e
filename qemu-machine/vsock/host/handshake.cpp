// SPDX-License-Identifier: GPL-2.0-or-later
#include "qemu-machine/vsock/host/handshake.hpp"

#include <limits>
#include <string_view>

namespace nitroscope::vsock {
namespace {

constexpr std::string_view keyword = "connect";

bool isDigit(uint8_t byte) {
    return byte >= '0' && byte <= '9';
}

} // namespace

HandshakeParser::State HandshakeParser::fail(const char *why) {
    m_problem = why;
    return m_state = State::failed;
}

HandshakeParser::State HandshakeParser::feed(uint8_t byte) {
    if (m_state != State::reading)
        return m_state;
    if (++m_taken > handshakeLimit)
        return fail("the first line is too long");
    if (m_part == Part::keyword)
        return letter(byte);
    if (isDigit(byte))
        return digit(byte);
    if (byte == '\n')
        return endOfLine();
    return separator(byte);
}

HandshakeParser::State HandshakeParser::letter(uint8_t byte) {
    const size_t at = m_taken - 1;
    if (at < keyword.size()) {
        // ASCII letters differ in this one bit only.
        if ((byte | 0x20) != keyword[at])
            return fail("the first line does not begin with CONNECT");
        return m_state;
    }
    if (byte != ' ')
        return fail("CONNECT is not followed by a space");
    m_part = Part::beforeTarget;
    return m_state;
}

HandshakeParser::State HandshakeParser::digit(uint8_t byte) {
    switch (m_part) {
    case Part::beforeTarget:
        m_part = Part::target;
        break;
    case Part::beforeSource:
        m_part = Part::source;
        break;
    case Part::beforeHeld:
    case Part::end:
        return fail("something follows the numbers");
    default:
        break;
    }
    m_number = m_number * 10 + (byte - '0');
    m_hasDigits = true;
    if (m_number > std::numeric_limits<uint32_t>::max())
        return fail("a number is larger than 32 bits");
    return m_state;
}

// Puts the number that has just ended where it belongs.
bool HandshakeParser::closeNumber() {
    if (!m_hasDigits)
        return false;
    const auto number = static_cast<uint32_t>(m_number);
    if (m_part == Part::source)
        m_request.sourcePort = number;
    else if (m_part == Part::held)
        m_request.heldBytes = number;
    else
        m_request.port = number;
    m_number = 0;
    m_hasDigits = false;
    return true;
}

// The numbers are over. False after a failure.
bool HandshakeParser::closeLast() {
    const bool mayBeEmpty = m_part == Part::beforeSource || m_part == Part::beforeHeld || m_part == Part::end;
    if (!mayBeEmpty && !closeNumber())
        fail(m_part == Part::held ? "there is no number after +" : "there is no port after the CID");
    else if (m_request.heldBytes > maxHeldBytes)
        fail("more bytes are held than a socket holds");
    m_part = Part::end;
    return m_state != State::failed;
}

HandshakeParser::State HandshakeParser::separator(uint8_t byte) {
    const bool isTarget = m_part == Part::target || m_part == Part::afterColon;
    if (byte == ' ') {
        if (isTarget) {
            if (!closeNumber())
                return fail("there is no port after the CID");
            m_part = Part::beforeSource;
        } else if (m_part == Part::source) {
            closeNumber();
            m_part = Part::beforeHeld;
        } else if (m_part == Part::held) {
            if (!closeNumber())
                return fail("there is no number after +");
            m_part = Part::end;
        }
        return m_state;
    }
    if (byte == '+' && m_part == Part::beforeHeld) {
        m_part = Part::held;
        return m_state;
    }
    if (byte == ':' && m_part == Part::target) {
        closeNumber();
        m_request.cid = m_request.port;
        m_request.port = 0;
        m_part = Part::afterColon;
        return m_state;
    }
    if (byte == '\r' && m_part != Part::beforeTarget) {
        closeLast();
        return m_state;
    }
    return fail("a port is a decimal number");
}

HandshakeParser::State HandshakeParser::endOfLine() {
    if (m_part == Part::beforeTarget)
        return fail("there is no port after CONNECT");
    return closeLast() ? m_state = State::complete : m_state;
}

} // namespace nitroscope::vsock
