/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The event queue of the vsock device: only ever a transport reset
 */

#include "qemu/osdep.h"
#include "qemu/iov.h"
#include "hw/virtio/virtio-access.h"
#include "standard-headers/linux/virtio_vsock.h"
#include "qemu-machine/vsock/qemu/virtio-vsock.h"
#include "trace.h"

/*
 * Buffers that wait in the event queue. When the machine continues, QEMU
 * notifies all queues, so a notification alone says nothing about the driver.
 */
static unsigned virtio_vsock_event_buffers(VirtIOVsock *s)
{
    g_autoptr(GPtrArray) elements = g_ptr_array_new_with_free_func(g_free);
    VirtQueueElement *elem;
    unsigned descriptors = 0;

    while (descriptors < VSOCK_BATCH_DESCRIPTORS &&
           (elem = virtqueue_pop(s->events, sizeof(*elem)))) {
        g_ptr_array_add(elements, elem);
        descriptors += virtio_vsock_descriptors(elem);
    }
    for (unsigned i = elements->len; i-- > 0;) {
        virtqueue_unpop(s->events, g_ptr_array_index(elements, i), 0);
    }
    return elements->len;
}

void virtio_vsock_send_event(VirtIOVsock *s)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(s);
    struct virtio_vsock_event event = { 0 };
    VirtQueueElement *elem;

    if (!s->reset_pending || !s->running) {
        return;
    }
    elem = virtqueue_pop(s->events, sizeof(*elem));
    if (!elem) {
        return;
    }
    virtio_stl_p(vdev, &event.id, VIRTIO_VSOCK_EVENT_TRANSPORT_RESET);
    virtqueue_push(s->events, elem,
                   iov_from_buf(elem->in_sg, elem->in_num, 0, &event,
                                sizeof(event)));
    virtio_notify(vdev, s->events);
    g_free(elem);
    trace_virtio_vsock_transport_reset();
    s->reset_pending = false;
    s->reset_sent = true;
    s->event_buffers = virtio_vsock_event_buffers(s);
}

void virtio_vsock_handle_event(VirtIODevice *vdev, VirtQueue *vq)
{
    VirtIOVsock *s = VIRTIO_VSOCK(vdev);

    if (s->reset_pending) {
        virtio_vsock_send_event(s);
    } else if (s->reset_sent &&
               virtio_vsock_event_buffers(s) > s->event_buffers) {
        /* Linux refills the queue after it has reset its sockets. */
        s->reset_sent = false;
        vsock_transport_reset_done(s->core);
    }
}
