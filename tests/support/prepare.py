# SPDX-License-Identifier: Apache-2.0
"""python3 -m support.prepare: prints the data directory of a new cluster at rest with the migrated template and the company, for KAM_TEST_PREPARED. It
saves each suite some seconds of initdb, migrations and users. Whoever asked for it removes the directory above it."""
from support.cluster import Cluster
from support.kam import make_company


def main():
    cluster = Cluster()
    cluster.start()
    try:
        cluster.create_migrated().drop()
        make_company(cluster).drop()
        cluster.run_sql('checkpoint')
        cluster.halt()
    except BaseException:
        cluster.stop()
        raise
    print(cluster.data_directory)


if __name__ == '__main__':
    main()
