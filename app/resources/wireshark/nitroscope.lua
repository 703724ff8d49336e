-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Wireshark dissectors for Nitroscope's own interfaces (link types USER0 to USER3): NSM requests and responses, console
-- text, and the CBOR records of the machine and of plugins. vsock packets (link type 271) need none: Wireshark knows them.
-- The layouts are those of docs/capture-format.md. Use:
--   tshark -X lua_script:nitroscope.lua -r run.pcapng
-- or copy this file into Wireshark's personal plugin folder. Needs Wireshark 3.4 or newer.

local cbor = Dissector.get("cbor")

-- From nsm-device/core/nsm_protocol.h and
-- qemu-machine/capture/core/format.h, put here by tests/checks/vocabulary --write:
local kinds = { [0] = "DescribePCR", "ExtendPCR", "LockPCR", "LockPCRs", "DescribeNSM", "Attestation", "GetRandom", "unknown" }
local results = { [0] = "Success", "InvalidArgument", "InvalidIndex", "InvalidResponse", "ReadOnlyIndex", "InvalidOperation", "BufferTooSmall", "InputTooLarge", "InternalError" }
local nsm_at = { version = 0, direction = 1, kind = 2, result = 3, header_bytes = 4, transaction = 8, duration = 16, pcr = 24, data = 28, nonce = 32, public_key = 36, cbor_bytes = 40 }
local nsm_header_bytes = { 24, 44 } -- by version
-- End of what was put here.

local directions = { [0] = "Request", "Response" }
local none = 0xffffffff

local nsm = Proto("nitro_nsm", "Nitro Security Module")
local nsm_fields = {
    version = ProtoField.uint8("nitro_nsm.version", "Version"),
    direction = ProtoField.uint8("nitro_nsm.direction", "Direction", base.DEC, directions),
    kind = ProtoField.uint8("nitro_nsm.kind", "Kind", base.DEC, kinds),
    result = ProtoField.uint8("nitro_nsm.result", "Result", base.DEC, results),
    header = ProtoField.uint16("nitro_nsm.header_length", "Header length"),
    transaction = ProtoField.uint64("nitro_nsm.transaction", "Transaction"),
    duration = ProtoField.uint64("nitro_nsm.duration", "Duration (ns)"),
    pcr = ProtoField.uint32("nitro_nsm.pcr", "PCR"),
    data = ProtoField.uint32("nitro_nsm.data_length", "Length of data or user data"),
    nonce = ProtoField.uint32("nitro_nsm.nonce_length", "Length of the nonce"),
    public_key = ProtoField.uint32("nitro_nsm.public_key_length", "Length of the public key"),
    cbor = ProtoField.uint32("nitro_nsm.cbor_length", "Length of the CBOR"),
    request_in = ProtoField.framenum("nitro_nsm.request_in", "Request in", base.NONE, frametype.REQUEST),
    response_in = ProtoField.framenum("nitro_nsm.response_in", "Response in", base.NONE, frametype.RESPONSE),
}
nsm.fields = nsm_fields

-- Frame numbers by transaction, filled on the first pass.
local request_frames, response_frames = {}, {}
function nsm.init()
    request_frames, response_frames = {}, {}
end

function nsm.dissector(buffer, pinfo, root)
    local shortest = buffer:len() >= nsm_header_bytes[1] and nsm_header_bytes[buffer(nsm_at.version, 1):uint()]
    if not shortest then
        return 0
    end
    local header = buffer(nsm_at.header_bytes, 2):le_uint()
    if header < shortest or header > buffer:len() then
        return 0
    end
    local response = buffer(nsm_at.direction, 1):uint() == 1
    local transaction = tostring(buffer(nsm_at.transaction, 8):le_uint64())
    if response then
        response_frames[transaction] = pinfo.number
    else
        request_frames[transaction] = pinfo.number
    end

    local tree = root:add(nsm, buffer(0, header))
    tree:add(nsm_fields.version, buffer(nsm_at.version, 1))
    tree:add(nsm_fields.direction, buffer(nsm_at.direction, 1))
    tree:add(nsm_fields.kind, buffer(nsm_at.kind, 1))
    if response then
        tree:add(nsm_fields.result, buffer(nsm_at.result, 1))
    end
    tree:add_le(nsm_fields.header, buffer(nsm_at.header_bytes, 2))
    tree:add_le(nsm_fields.transaction, buffer(nsm_at.transaction, 8))
    if response then
        tree:add_le(nsm_fields.duration, buffer(nsm_at.duration, 8))
    end
    if shortest == nsm_header_bytes[2] then
        for _, name in ipairs({ "pcr", "data", "nonce", "public_key" }) do
            local field, bytes = nsm_fields[name], buffer(nsm_at[name], 4)
            if bytes:le_uint() ~= none then
                tree:add_le(field, bytes)
            end
        end
        tree:add_le(nsm_fields.cbor, buffer(nsm_at.cbor_bytes, 4))
    end
    local other = response and request_frames[transaction] or not response and response_frames[transaction]
    if other then
        tree:add(response and nsm_fields.request_in or nsm_fields.response_in, other):set_generated()
    end

    local info = (directions[buffer(nsm_at.direction, 1):uint()] or "?") .. " " .. transaction .. " " .. (kinds[buffer(nsm_at.kind, 1):uint()] or "?")
    if response then
        info = info .. ": " .. (results[buffer(nsm_at.result, 1):uint()] or "?")
    end
    pinfo.cols.protocol = "NSM"
    if header < buffer:len() then
        cbor:call(buffer(header):tvb(), pinfo, root)
    end
    pinfo.cols.info = info
    return buffer:len()
end

local console = Proto("nitro_console", "Enclave serial console")
local console_text = ProtoField.string("nitro_console.text", "Text")
console.fields = { console_text }

function console.dissector(buffer, pinfo, root)
    local tree = root:add(console, buffer())
    tree:add(console_text, buffer())
    pinfo.cols.protocol = "Console"
    pinfo.cols.info = (buffer():string():gsub("[%c]+", " "))
    return buffer:len()
end

-- The value of the first key, "kind", which writers put in front: a map head, the text "kind", a short text.
local function kind_of(buffer)
    if buffer:len() < 7 or buffer(1, 5):bytes():tohex() ~= "646B696E64" then
        return "record"
    end
    local head = buffer(6, 1):uint()
    local length = head - 0x60
    if length < 0 or length > 23 or buffer:len() < 7 + length then
        return "record"
    end
    return buffer(7, length):string()
end

local function cbor_records(proto, kind_field, name)
    proto.fields = { kind_field }
    function proto.dissector(buffer, pinfo, root)
        if buffer:len() == 0 then
            return 0
        end
        local kind = kind_of(buffer)
        local tree = root:add(proto, buffer())
        tree:add(kind_field, kind)
        cbor:call(buffer():tvb(), pinfo, root)
        pinfo.cols.protocol = name
        pinfo.cols.info = kind
        return buffer:len()
    end
end

local machine = Proto("nitro_machine", "Enclave machine")
cbor_records(machine, ProtoField.string("nitro_machine.kind", "Kind"), "Machine")
local guest = Proto("nitro_guest", "Enclave instrumentation")
cbor_records(guest, ProtoField.string("nitro_guest.kind", "Kind"), "Guest")

local links = DissectorTable.get("wtap_encap")
links:add(wtap.USER0, nsm)
links:add(wtap.USER1, console)
links:add(wtap.USER2, machine)
links:add(wtap.USER3, guest)
