import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import net.openhft.chronicle.bytes.Bytes;
import net.openhft.chronicle.queue.ExcerptAppender;
import net.openhft.chronicle.queue.ExcerptTailer;
import net.openhft.chronicle.queue.RollCycles;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueue;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueueBuilder;
import net.openhft.chronicle.wire.DocumentContext;
import org.HdrHistogram.Histogram;

/** Chronicle Queue as a log in the page cache, for ../journal.ts; words as in bench/native/src/logs.rs: `Peers chronicle append FOLDER`. */
final class Append {
    private static final int RECORD_BYTES = 1_200;

    private final SingleChronicleQueue queue;
    private final ExcerptAppender appender;
    /** In turns: one that was numbered just now would be loaded before its store is done. */
    private final Bytes<?>[] records = {Bytes.allocateDirect(RECORD_BYTES), Bytes.allocateDirect(RECORD_BYTES)};
    private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    private final Histogram times = new Histogram(1, 10_000_000_000L, 3);
    private long given;

    private Append(String folder) {
        queue = SingleChronicleQueueBuilder.binary(folder).rollCycle(RollCycles.FAST_DAILY).blockSize(256L << 20).build();
        appender = queue.createAppender();
        for (Bytes<?> record : records) for (int at = 0; at < RECORD_BYTES; at++) record.writeByte((byte) (32 + at % 64));
    }

    private Bytes<?> numbered(long number) {
        Bytes<?> record = records[(int) (number & 1)];
        record.writeLong(0, number);
        return record;
    }

    /** Timed from one reading of the clock to the next. The thread that appends is the only one that works. */
    private String block(int count) {
        times.reset();
        Bytes<?> record = numbered(given);
        long cpu = threads.getCurrentThreadCpuTime();
        long start = System.nanoTime();
        long before = start;
        for (int index = 0; index < count; index++) {
            try (DocumentContext document = appender.writingDocument()) {
                document.wire().bytes().write(record, 0L, (long) RECORD_BYTES);
            }
            record = numbered(++given);
            long now = System.nanoTime();
            times.recordValue(Math.max(1, now - before));
            before = now;
        }
        cpu = threads.getCurrentThreadCpuTime() - cpu;
        return "{\"p50\":" + times.getValueAtPercentile(50) + ",\"p99\":" + times.getValueAtPercentile(99) + ",\"mean\":"
            + (before - start) / (double) count + ",\"cpu\":" + cpu / (double) count + "}";
    }

    /** Reads the queue from its beginning and compares every record. */
    private String check() {
        byte[] found = new byte[RECORD_BYTES];
        byte[] expected = new byte[RECORD_BYTES];
        ExcerptTailer tailer = queue.createTailer().toStart();
        long count = 0;
        while (true) {
            try (DocumentContext document = tailer.readingDocument()) {
                if (!document.isPresent()) return "{\"records\":" + count + "}";
                Bytes<?> bytes = document.wire().bytes();
                if (bytes.readRemaining() != RECORD_BYTES) throw new IllegalStateException("record " + count + " has another length");
                bytes.read(found);
            }
            Bytes<?> record = numbered(count);
            record.readPosition(0);
            record.read(expected);
            record.readPosition(0);
            if (!Arrays.equals(found, expected)) throw new IllegalStateException("record " + count + " is not what was appended");
            count++;
        }
    }

    static void serve(String folder, PrintStream output) throws IOException {
        Append append = new Append(folder);
        output.println("{\"names\":[\"chronicle\"]}");
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            String[] words = line.split(" ");
            try {
                output.println(words[0].equals("block") ? append.block(Integer.parseInt(words[1])) : append.check());
            } catch (RuntimeException error) {
                output.println("{\"error\":\"" + error + "\"}");
            }
        }
    }
}
