package io.github.dualwrite;

import io.github.dualwrite.internal.Machine;

/** Opens the seam for simulations. */
public final class SimulatedRepositories {

    private SimulatedRepositories() {}

    public static <K, V> DualWriteRepository<K, V> build(DualWriteRepositoryBuilder<K, V> builder, Machine machine) {
        return builder.machine(machine).build();
    }
}
