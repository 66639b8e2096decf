/** What a transport has to do: both sizes of message, 64 and 256 bytes. */
interface Transport {
    interface Tx {
        /** Sends a message, waiting for room. */
        void send(long due, long number);

        /** Now and then, between messages. */
        default void idle() {}
    }

    interface Rx {
        /** Hands on what is there to the sink; returns how many. */
        int poll(Sink sink);
    }

    /** What the reader does with a message, of which it has a copy of its own. */
    interface Sink {
        void message(long due, long number, long last);
    }

    Tx tx(int size);

    /** Waits for the writer. */
    Rx rx(int size);

    /** Called while waiting for a command's answer. */
    default void tend() {}
}
