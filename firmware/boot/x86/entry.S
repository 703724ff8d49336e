/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The only assembly of the firmware: from the reset vector through 16- and 32-bit code into long mode, the
 * exception stubs, and the two ways out into a kernel. Everything else is C++ (main.cpp).
 *
 * The ROM is mapped below 4 GiB and the same bytes are aliased at 0xf0000; we run in the alias, so that every
 * address of the program fits in 20 bits. The memory map is described in layout.hpp.
 */
#include "firmware/boot/x86/layout.hpp"

#define CR0_PE 0x00000001
#define CR0_MP 0x00000002
#define CR0_ET 0x00000010
#define CR0_NE 0x00000020
#define CR0_PG 0x80000000
#define CR4_PAE 0x020
#define CR4_OSFXSR 0x200
#define CR4_OSXMMEXCPT 0x400
#define MSR_EFER 0xc0000080
#define EFER_LME 0x100

/* Selectors; 0x10 and 0x18 are what the Linux boot protocol demands (__BOOT_CS, __BOOT_DS). */
#define SELECTOR_CODE32 0x08
#define SELECTOR_BOOT_CODE 0x10
#define SELECTOR_BOOT_DATA 0x18

    .section .reset, "ax"
    .code16
    .globl resetVector
resetVector:
    ljmpw $0xf000, $(entry16 - ROM_BASE)

    .section .text.entry, "ax"
    .code16
entry16:
    cli
    cld
    lgdtl %cs:(gdt64Pointer - ROM_BASE)
    movl %cr0, %eax
    orl $CR0_PE, %eax
    movl %eax, %cr0
    ljmpl $SELECTOR_CODE32, $entry32

    .code32
entry32:
    movw $SELECTOR_BOOT_DATA, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movw %ax, %fs
    movw %ax, %gs

    /* Identity map of the first 4 GiB: one PML4, one PDPT, four page directories of 2 MiB pages. */
    movl $PAGE_TABLES, %edi
    xorl %eax, %eax
    movl $(6 * 4096 / 4), %ecx
    rep stosl
    movl $(PAGE_TABLES + 0x1003), PAGE_TABLES
    movl $(PAGE_TABLES + 0x1000), %edi
    movl $(PAGE_TABLES + 0x2003), %eax
    movl $4, %ecx
1:  movl %eax, (%edi)
    addl $0x1000, %eax
    addl $8, %edi
    loop 1b
    movl $(PAGE_TABLES + 0x2000), %edi
    movl $0x83, %eax /* present, writable, 2 MiB */
    movl $2048, %ecx
1:  movl %eax, (%edi)
    addl $0x200000, %eax
    addl $8, %edi
    loop 1b

    movl $(CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT), %eax
    movl %eax, %cr4
    movl $PAGE_TABLES, %eax
    movl %eax, %cr3
    movl $MSR_EFER, %ecx
    rdmsr
    orl $EFER_LME, %eax
    wrmsr
    /* This also switches the caches on: reset leaves CR0.CD and CR0.NW set. */
    movl $(CR0_PG | CR0_NE | CR0_ET | CR0_MP | CR0_PE), %eax
    movl %eax, %cr0
    ljmpl $SELECTOR_BOOT_CODE, $entry64

    .code64
entry64:
    movl $stackTop, %esp
    /* .data is copied out of the ROM and .bss cleared on every reset: RAM survives one. */
    movl $dataStart, %edi
    movl $dataLoadStart, %esi
    movl $dataSize, %ecx
    rep movsb
    movl $bssStart, %edi
    movl $bssSize, %ecx
    xorl %eax, %eax
    rep stosb
    xorl %ebp, %ebp
    call firmwareMain
1:  cli
    hlt
    jmp 1b

/* void enterKernel64(uint64_t entry, uint64_t zeroPage): the 64-bit boot protocol. Interrupts are off. */
    .globl enterKernel64
enterKernel64:
    movq %rdi, %rax
    movl $CR4_PAE, %ecx
    movq %rcx, %cr4
    xorl %ebx, %ebx
    xorl %ecx, %ecx
    xorl %edx, %edx
    xorl %edi, %edi
    xorl %ebp, %ebp
    jmp *%rax

/* void enterKernel32(uint64_t entry, uint64_t zeroPage): the 32-bit one, for kernels without a 64-bit entry. */
    .globl enterKernel32
enterKernel32:
    movl $.Lcompatibility, %eax
    pushq $SELECTOR_CODE32
    pushq %rax
    lretq
    .code32
.Lcompatibility:
    movl $(CR0_NE | CR0_ET | CR0_PE), %eax /* paging off */
    movl %eax, %cr0
    movl $MSR_EFER, %ecx
    rdmsr
    andl $~EFER_LME, %eax
    wrmsr
    xorl %eax, %eax
    movl %eax, %cr4
    movl %eax, %cr3
    lgdtl gdt32Pointer
    ljmpl $SELECTOR_BOOT_CODE, $1f
1:  movw $SELECTOR_BOOT_DATA, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    xorl %ebx, %ebx
    xorl %ebp, %ebp
    movl %edi, %eax
    xorl %edi, %edi
    jmp *%eax
    .code64

/*
 * One stub of 16 bytes for each of the 32 exceptions; they push what the CPU does not (error code 0) and the
 * vector, and end in exceptionHappened(const ExceptionFrame *), which never returns.
 */
    .balign 16
    .globl exceptionStubs
exceptionStubs:
    .set vector, 0
    .rept 32
    .balign 16
    .if !(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21 || vector == 29 || vector == 30)
    pushq $0
    .endif
    pushq $vector
    jmp exceptionCommon
    .set vector, vector + 1
    .endr

exceptionCommon:
    movq %rsp, %rdi
    andq $-16, %rsp
    call exceptionHappened

    .section .rodata.gdt, "a"
    .balign 8
gdt64:
    .quad 0
    .quad 0x00cf9b000000ffff /* 0x08: 32-bit code, flat */
    .quad 0x00af9b000000ffff /* 0x10: 64-bit code */
    .quad 0x00cf93000000ffff /* 0x18: data, flat */
gdt64End:
gdt32:
    .quad 0
    .quad 0x00af9b000000ffff
    .quad 0x00cf9b000000ffff /* 0x10: 32-bit code, flat */
    .quad 0x00cf93000000ffff
gdt32End:
gdt64Pointer:
    .word gdt64End - gdt64 - 1
    .long gdt64
gdt32Pointer:
    .word gdt32End - gdt32 - 1
    .long gdt32

    .section .note.GNU-stack, "", @progbits
