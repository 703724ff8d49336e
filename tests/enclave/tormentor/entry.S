/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The tormentor's entry from the firmware (64-bit boot protocol) and the way of a second processor into long
 * mode: it starts in real mode at PROCESSOR_START, where these bytes are copied to.
 */
#include "tests/enclave/tormentor/layout.h"

    .section .text.start, "ax"
    .code64
    .globl start
start:
    cld
    movl $firstStackTop, %esp
    movq %rsi, %rdi
    call torment
1:  hlt
    jmp 1b

    .section .rodata
    .balign 16
    .globl processorStart, processorStartEnd, processorStartTables
    .code16
processorStart:
    cli
    xorw %ax, %ax
    movw %ax, %ds
    lgdtl (PROCESSOR_START + gdtPointer - processorStart)
    movl $0x20, %eax /* PAE */
    movl %eax, %cr4
    movl (PROCESSOR_START + processorStartTables - processorStart), %eax
    movl %eax, %cr3
    movl $0xc0000080, %ecx /* EFER.LME */
    rdmsr
    orl $0x100, %eax
    wrmsr
    movl $0x80000031, %eax /* PG, NE, ET, PE */
    movl %eax, %cr0
    ljmpl $0x10, $(PROCESSOR_START + longMode - processorStart)
    .code64
longMode:
    movl $0x18, %eax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movl $secondStackTop, %esp
    movl $assist, %eax
    call *%rax
1:  hlt
    jmp 1b
    .balign 8
gdt:
    .quad 0, 0
    .quad 0x00af9b000000ffff /* 0x10: 64-bit code */
    .quad 0x00cf93000000ffff /* 0x18: data, flat */
gdtPointer:
    .word gdtPointer - gdt - 1
    .long PROCESSOR_START + gdt - processorStart
processorStartTables:
    .long 0 /* CR3 of the first processor */
processorStartEnd:

    .section .bss
    .balign 16
    .skip 8192
firstStackTop:
    .skip 8192
secondStackTop:

    .section .note.GNU-stack, "", @progbits
