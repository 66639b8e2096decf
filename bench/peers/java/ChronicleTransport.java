import net.openhft.chronicle.bytes.Bytes;
import net.openhft.chronicle.queue.ExcerptAppender;
import net.openhft.chronicle.queue.ExcerptTailer;
import net.openhft.chronicle.queue.RollCycles;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueue;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueueBuilder;
import net.openhft.chronicle.wire.DocumentContext;
import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;

/** Chronicle Queue on files in memory. */
final class ChronicleTransport implements Transport {
    private final String folder;

    ChronicleTransport(String folder) {
        this.folder = folder;
    }

    private SingleChronicleQueue queue(int size) {
        return SingleChronicleQueueBuilder.binary(folder + "/chronicle-" + size).rollCycle(RollCycles.FAST_DAILY)
            .blockSize(256L << 20).build();
    }

    @Override
    public Tx tx(int size) {
        ExcerptAppender appender = queue(size).createAppender();
        Bytes<?> message = Bytes.allocateDirect(size);
        for (int at = 0; at < size; at++) message.writeByte((byte) 0x55);
        return (due, number) -> {
            message.writeLong(0, due);
            message.writeLong(8, number);
            message.writeLong(size - 8, due ^ number);
            try (DocumentContext document = appender.writingDocument()) {
                document.wire().bytes().write(message, 0L, (long) size);
            }
        };
    }

    @Override
    public Rx rx(int size) {
        ExcerptTailer tailer = queue(size).createTailer().toEnd();
        UnsafeBuffer copy = new UnsafeBuffer(BufferUtil.allocateDirectAligned(size, 64));
        return sink -> {
            try (DocumentContext document = tailer.readingDocument()) {
                if (!document.isPresent()) return 0;
                Bytes<?> bytes = document.wire().bytes();
                long start = bytes.readPosition();
                for (int at = 0; at < size; at += 8) copy.putLong(at, bytes.readLong(start + at));
            }
            sink.message(copy.getLong(0), copy.getLong(8), copy.getLong(size - 8));
            return 1;
        };
    }
}
