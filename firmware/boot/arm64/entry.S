/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The only assembly of the aarch64 firmware: from the reset vector to C++, the exception vectors, and the way out
 * into a kernel. The CPU starts here in EL1 with the MMU off, and stays so: Linux wants to be entered that way.
 */
    .section .text.entry, "ax"
    .globl resetVector
resetVector:
    msr daifset, #15
    adrp x0, stackTop
    add x0, x0, :lo12:stackTop
    mov sp, x0

    /* .data is copied out of the ROM and .bss cleared on every reset: RAM survives one. All are multiples of 16. */
    ldr x0, =dataStart
    ldr x1, =dataLoadStart
    ldr x2, =dataEnd
1:  cmp x0, x2
    b.hs 2f
    ldp x3, x4, [x1], #16
    stp x3, x4, [x0], #16
    b 1b
2:  ldr x0, =bssStart
    ldr x1, =bssEnd
3:  cmp x0, x1
    b.hs 4f
    stp xzr, xzr, [x0], #16
    b 3b
4:  mov x29, xzr
    mov x30, xzr
    bl firmwareMain
5:  wfi
    b 5b

/*
 * void enterKernelAt(uint64_t entry, uint64_t deviceTree): Documentation/arch/arm64/booting.rst. x0 is the device
 * tree, x1 to x3 are zero. The MMU was never on, so no cache holds what memory does not.
 */
    .globl enterKernelAt
enterKernelAt:
    mov x4, x0
    mov x0, x1
    mov x1, xzr
    mov x2, xzr
    mov x3, xzr
    mov x29, xzr
    mov x30, xzr
    ic iallu
    dsb sy
    isb
    br x4

/* Sixteen vectors, 128 bytes each; all that can happen is a bug. exceptionHappened() never returns. */
    .balign 2048
    .globl exceptionVectors
exceptionVectors:
    .rept 16
    .balign 128
    b exceptionCommon
    .endr

    .balign 128
exceptionCommon:
    /* The stack may be what is wrong. */
    adrp x0, stackTop
    add x0, x0, :lo12:stackTop
    mov sp, x0
    mrs x0, esr_el1
    mrs x1, far_el1
    mrs x2, elr_el1
    b exceptionHappened

    .section .note.GNU-stack, "", @progbits
