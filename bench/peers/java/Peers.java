import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.RandomAccessFile;
import java.io.Writer;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;
import org.agrona.concurrent.UnsafeBuffer;

/** The protocol and the blocks of crates/ipc, for transports on the JVM: `Peers NAME`, reader: `Peers NAME --reader FOLDER`; Append.java. */
final class Peers {
    private static final int ACK = 128;
    private static final int READY = 256;
    private static final int ACK_EVERY = 64;
    private static final int PACE = 768;
    private static final int PARTS = 20;
    private static final long SILENCE_NS = 2_000_000_000L;
    private static final int[] SIZES = {64, 256};

    private static UnsafeBuffer lines;
    private static PrintStream output;

    record Block(String kind, int size, int count, long interval, long generation) {
        static Block parse(String line) {
            String[] words = line.split(" ");
            long generation = words.length > 5 ? Long.parseLong(words[5]) : 0;
            return new Block(words[1], Integer.parseInt(words[2]), Integer.parseInt(words[3]), Long.parseLong(words[4]), generation);
        }

        int index() {
            return size == SIZES[0] ? 0 : 1;
        }
    }

    private static Histogram histogram() {
        return new Histogram(1, 10_000_000_000L, 3);
    }

    private static Transport transport(String name, String folder, boolean writes) {
        return switch (name) {
            case "aeron" -> new AeronTransport(folder, writes);
            case "chronicle" -> new ChronicleTransport(folder);
            default -> throw new IllegalArgumentException("no transport is named " + name);
        };
    }

    private static void awaitAck(long number) {
        long since = System.nanoTime();
        for (int spins = 1; lines.getLongVolatile(ACK) < number; spins++) {
            Thread.onSpinWait();
            if (spins % (1 << 16) == 0 && System.nanoTime() - since > SILENCE_NS)
                throw new IllegalStateException("message " + number + " is not acknowledged");
        }
    }

    // ---- the writer ----

    private static String open(Transport.Tx tx, Block block) {
        long start = System.nanoTime() + 50_000;
        for (int number = 1; number <= block.count; number++) {
            long due = start + (number - 1) * block.interval;
            while (System.nanoTime() < due) Thread.onSpinWait();
            tx.send(due, number);
            tx.idle();
        }
        return "";
    }

    private static String closed(Transport.Tx tx, Block block) {
        Histogram trips = histogram();
        long before = System.nanoTime();
        for (int number = 1; number <= block.count; number++) {
            tx.send(1, number);
            awaitAck(number);
            long now = System.nanoTime();
            trips.recordValue(Math.max(1, now - before));
            before = now;
        }
        return "\"trip\":" + trips.getValueAtPercentile(50) + ",";
    }

    private static String flood(Transport.Tx tx, Block block) {
        long start = System.nanoTime();
        for (int number = 1; number <= block.count; number++) {
            tx.send(1, number);
            tx.idle();
        }
        awaitAck(block.count);
        return "\"ns\":" + (System.nanoTime() - start) / (double) block.count + ",";
    }

    private static long compute(long seed) {
        long value = seed | 1;
        for (int step = 0; step < PACE; step++) value = (value ^ step) * 0x5851_f42d_4c95_7f2dL;
        return value;
    }

    private static long state = 1;

    private static double paced(Transport.Tx tx, int count) {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        List<Double> costs = new ArrayList<>();
        int each = Math.max(1, count / PARTS);
        for (int number = 0; number < count; ) {
            long start = threads.getCurrentThreadCpuTime();
            int end = Math.min(count, number + each);
            int messages = end - number;
            while (number < end) {
                state = compute(state);
                number++;
                if (tx != null) tx.send(1, number);
            }
            costs.add((threads.getCurrentThreadCpuTime() - start) / (double) messages);
        }
        costs.sort(Comparator.naturalOrder());
        return costs.get(costs.size() / 2);
    }

    private static String write(Transport.Tx tx, Block block) {
        return switch (block.kind) {
            case "open" -> open(tx, block);
            case "closed" -> closed(tx, block);
            case "flood" -> flood(tx, block);
            case "paced" -> {
                double computing = paced(null, block.count);
                yield "\"ns\":" + (paced(tx, block.count) - computing) + ",";
            }
            default -> throw new IllegalArgumentException("no kind of block is named " + block.kind);
        };
    }

    /** A line of the reader, if it lives. */
    private static String answer(Transport transport, Process reader, BufferedReader results) throws IOException {
        while (!results.ready()) {
            if (!reader.isAlive()) throw new IOException("the reader ended with " + reader.exitValue());
            transport.tend();
        }
        return results.readLine();
    }

    private static void drive(Transport transport, Process reader) throws IOException {
        Writer commands = reader.outputWriter();
        BufferedReader results = reader.inputReader();
        Transport.Tx[] both = Arrays.stream(SIZES).mapToObj(transport::tx).toArray(Transport.Tx[]::new);
        answer(transport, reader, results);
        output.println("{\"names\":[\"ipc\"]}");
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
        long generation = 0;
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            generation++;
            Block block = Block.parse(line);
            commands.write(line + " " + generation + "\n");
            commands.flush();
            while (lines.getLongVolatile(READY) < generation && reader.isAlive()) transport.tend();
            try {
                String written = write(both[block.index()], block);
                output.println("{" + written + answer(transport, reader, results).substring(1));
            } catch (RuntimeException error) {
                output.println("{\"error\":\"" + error + "\"}");
            }
        }
    }

    // ---- the reader ----

    /** Counts, checks and stamps; one object for all blocks, so that the compiler knows it. */
    private static final class Seen implements Transport.Sink {
        Histogram latencies = histogram();
        boolean stamps;
        boolean acknowledgesEach;
        long count;
        long got;
        long last;
        long torn;

        void begin(Block block) {
            latencies.reset();
            stamps = block.kind.equals("open");
            acknowledgesEach = block.kind.equals("closed");
            count = block.count;
            got = last = torn = 0;
        }

        @Override
        public void message(long due, long number, long check) {
            if (stamps) latencies.recordValue(Math.max(1, System.nanoTime() - due));
            if (check != (due ^ number) || number <= last) torn++;
            last = number;
            got++;
            if (acknowledgesEach || number % ACK_EVERY == 0 || number == count) lines.putLongOrdered(ACK, number);
        }
    }

    private static String read(Transport.Rx rx, Seen seen, Block block) {
        seen.begin(block);
        while (rx.poll(seen) > 0) ;
        seen.begin(block);
        lines.putLongOrdered(ACK, 0);
        lines.putLongOrdered(READY, block.generation);
        long since = 0;
        for (int idle = 0; seen.last < block.count; ) {
            if (rx.poll(seen) > 0) {
                idle = 0;
                since = 0;
                continue;
            }
            Thread.onSpinWait();
            if (++idle % 4096 != 0) continue;
            long now = System.nanoTime();
            if (since == 0) since = now;
            else if (now - since > SILENCE_NS) break;
        }
        if (seen.torn > 0) return "{\"error\":\"" + seen.torn + " messages were torn, or came twice\"}";
        Histogram all = seen.latencies;
        return "{\"got\":" + seen.got + ",\"lost\":" + (block.count - seen.got) + ",\"latency\":{\"p50\":"
            + all.getValueAtPercentile(50) + ",\"p999\":" + all.getValueAtPercentile(99.9) + "}}";
    }

    private static void obey(Transport transport) throws IOException {
        Transport.Rx[] both = Arrays.stream(SIZES).mapToObj(transport::rx).toArray(Transport.Rx[]::new);
        output.println("{}");
        Seen seen = new Seen();
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            transport.tend();
            Block block = Block.parse(line);
            output.println(read(both[block.index()], seen, block));
        }
    }

    // ---- both ----

    private static void map(String folder, boolean create) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(folder + "/lines", "rw")) {
            if (create) file.setLength(4096);
            lines = new UnsafeBuffer(file.getChannel().map(FileChannel.MapMode.READ_WRITE, 0, 4096));
        }
    }

    /** All threads of this process on one core. */
    private static void pin(long pid, int core) throws IOException, InterruptedException {
        new ProcessBuilder("taskset", "-a", "-cp", String.valueOf(core), String.valueOf(pid))
            .redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor();
    }

    private static void remove(Path folder) {
        try (Stream<Path> paths = Files.walk(folder)) {
            paths.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
        } catch (IOException error) {
            System.err.println("left behind: " + error);
        }
    }

    private static void writeSide(String name) throws IOException, InterruptedException {
        long pid = ProcessHandle.current().pid();
        Path folder = Files.createDirectory(Path.of("/dev/shm/tickring-peers-" + pid));
        Runtime.getRuntime().addShutdownHook(new Thread(() -> remove(folder)));
        map(folder.toString(), true);
        int last = Runtime.getRuntime().availableProcessors() - 1;
        Transport transport = transport(name, folder.toString(), true);
        List<String> command = new ArrayList<>(List.of(ProcessHandle.current().info().command().orElse("java")));
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "Peers", name, "--reader", folder.toString()));
        Process reader = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        Runtime.getRuntime().addShutdownHook(new Thread(reader::destroyForcibly));
        pin(pid, 0);
        pin(reader.pid(), last);
        drive(transport, reader);
        reader.destroyForcibly().waitFor();
        System.exit(0);
    }

    public static void main(String[] arguments) throws IOException, InterruptedException {
        // Libraries that greet on stdout are not the answer.
        output = new PrintStream(System.out, true);
        System.setOut(System.err);
        if (arguments.length == 3 && arguments[1].equals("--reader")) {
            map(arguments[2], false);
            obey(transport(arguments[0], arguments[2], false));
            System.exit(0);
        }
        if (arguments.length == 3 && arguments[1].equals("append")) {
            Append.serve(arguments[2], output);
            System.exit(0);
        }
        if (arguments.length != 1) throw new IllegalArgumentException("usage: Peers NAME");
        writeSide(arguments[0]);
    }
}
