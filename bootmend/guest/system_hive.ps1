# Part of the guest scripts; bootmend/guest/commands.py puts it where `# include system_hive.ps1` stands.
# The SYSTEM hive of a broken Windows.

function Get-ControlSetFact {
    param([string] $Name)
    $control = "$HiveName\$Name\Control"
    $kinds = @{ 'DWord' = 'REG_DWORD'; 'String' = 'REG_SZ'; 'ExpandString' = 'REG_EXPAND_SZ' }
    $crash = [ordered] @{}
    foreach ($value in 'CrashDumpEnabled', 'DumpFile', 'NMICrashDump', 'DedicatedDumpFile') {
        $data = Get-RegistryValue "$control\CrashControl" $value
        if ($null -eq $data) {
            continue
        }
        $kind = Get-RegistryKind "$control\CrashControl" $value
        if (-not $kinds.ContainsKey($kind)) {
            throw "$value of $Name is of the kind $kind"
        }
        $crash[$value] = [ordered] @{ kind = $kinds[$kind]; data = $data }
    }
    $paging = Get-RegistryValue "$control\Session Manager\Memory Management" 'PagingFiles'
    return [ordered] @{
        number = [int] $Name.Substring(10)
        crash = $crash
        page_files = @($paging | Where-Object { $_ } | ForEach-Object { [string] $_ })
    }
}

function Get-MountedFact {
    $key = "$HiveName\MountedDevices"
    $opened = [Microsoft.Win32.Registry]::LocalMachine.OpenSubKey($key)
    if ($null -eq $opened) {
        return @()
    }
    $names = @($opened.GetValueNames() | Where-Object { $_ -match '^\\DosDevices\\[A-Z]:$' })
    $opened.Close()
    return @($names | ForEach-Object {
            [ordered] @{
                letter = $_.Substring(12, 1).ToUpperInvariant()
                partition = Find-Partition ([byte[]] (Get-RegistryValue $key $_))
            }
        })
}

function Get-HiveFact {
    param([string] $Path)
    if (-not (Test-Path -LiteralPath $Path)) {
        return [ordered] @{ state = 'missing' }
    }
    if (-not (Open-Hive $Path $HiveName)) {
        return [ordered] @{ state = 'corrupt' }
    }
    $select = $null
    $current = Get-RegistryValue "$HiveName\Select" 'Current'
    $default = Get-RegistryValue "$HiveName\Select" 'Default'
    if ($null -ne $current -and $null -ne $default) {
        $last = Get-RegistryValue "$HiveName\Select" 'LastKnownGood'
        $select = [ordered] @{ current = $current; default = $default; last_known_good = $last }
    }
    $sets = @(Get-SubKeyName $HiveName | Where-Object { $_ -match '^ControlSet\d{3}$' } | Sort-Object)
    $setup = Get-RegistryValue "$HiveName\Setup" 'SystemSetupInProgress'
    $fact = [ordered] @{
        state = 'readable'
        select = $select
        control_sets = @($sets | ForEach-Object { Get-ControlSetFact $_ })
        mounted = @(Get-MountedFact)
        setup_in_progress = [bool] $setup
    }
    Close-Hive $HiveName
    return $fact
}
