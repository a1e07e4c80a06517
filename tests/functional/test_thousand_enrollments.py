"""draft"""
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from infra.local.tables import DynamoDBTables
from tests.support.shop_scene import shop_scene
from tests.support.shops import Shops

def test_quick(fresh_tables: Callable[[], DynamoDBTables], shops: Shops) -> None:
    t=time.time()
    scene = shop_scene(fresh_tables(), shops)
    print("scene", time.time()-t); t=time.time()
    scene.open_stage("Bronze", 10, durationMonths=12)
    scene.open_stage("Silver", 15)
    n=30
    ids=[scene.join("Bronze" if k%3 else "Silver", f"p{k}@example.com", firstName=f"P{k}")["customerId"] for k in range(n)]
    print("joined", time.time()-t); t=time.time()
    start=scene.clock.now()
    import cProfile,pstats; pr=cProfile.Profile(); pr.enable()
    scene.work_off(start+timedelta(days=1))
    pr.disable(); pstats.Stats(pr).sort_stats("cumtime").print_stats(70)
    print("worked", time.time()-t, scene.clock.now()-start); t=time.time()
    scene.check_grants({f"p{k}@example.com": "Bronze" if k%3 else "Silver" for k in range(n)})
    scene.check_synced(ids)
    scene.check_welcomed([f"p{k}@example.com" for k in range(n)])
    f=scene.check_figures()
    print(f)
    for b in shops.benches.values():
        st=b.state(); print(st["requests"], st["allowance"], len(shops.network.sent))
    print("checked", time.time()-t); t=time.time()
    scene.check_no_echo(ids)
    print("no echo", time.time()-t); t=time.time()
    assert 0
