# Part of the guest scripts; bootmend/guest/commands.py puts it where `# include hive_copies.ps1` stands.
# Reading hives without touching them: a copy is loaded, read and unloaded.

function Copy-Hive {
    # The logs belong to the hive: without them Windows may call it corrupt.
    param([string] $Path, [string] $Name)
    $folder = Join-Path $script:Work $Name
    New-Item -ItemType Directory -Path $folder | Out-Null
    $base = Split-Path $Path -Leaf
    foreach ($suffix in '', '.LOG', '.LOG1', '.LOG2') {
        if (Test-Path -LiteralPath ($Path + $suffix)) {
            [System.IO.File]::Copy($Path + $suffix, (Join-Path $folder ($base + $suffix)))
        }
    }
    return Join-Path $folder $base
}

function Open-Hive {
    param([string] $Path, [string] $Name)
    $copy = Copy-Hive $Path $Name
    if ((Invoke-Native 'reg.exe' @('load', "HKLM\$Name", "`"$copy`"")) -ne 0) {
        return $false
    }
    $script:Loaded += $Name
    return $true
}

function Close-Hive {
    param([string] $Name)
    for ($try = 0; $try -lt 10; $try++) {
        [System.GC]::Collect()
        [System.GC]::WaitForPendingFinalizers()
        if ((Invoke-Native 'reg.exe' @('unload', "HKLM\$Name")) -eq 0) {
            $script:Loaded = @($script:Loaded | Where-Object { $_ -ne $Name })
            return
        }
        Start-Sleep -Seconds 1
    }
    throw "the copy of a hive stays loaded as HKLM\$Name"
}

function Get-RegistryValue {
    # Nothing is expanded: %SystemRoot% here would be the repair VM's.
    param([string] $Key, [string] $Name)
    $opened = [Microsoft.Win32.Registry]::LocalMachine.OpenSubKey($Key)
    if ($null -eq $opened) {
        return $null
    }
    try {
        return , $opened.GetValue($Name, $null, [Microsoft.Win32.RegistryValueOptions]::DoNotExpandEnvironmentNames)
    }
    finally {
        $opened.Close()
    }
}

function Get-RegistryKind {
    param([string] $Key, [string] $Name)
    $opened = [Microsoft.Win32.Registry]::LocalMachine.OpenSubKey($Key)
    try {
        return [string] $opened.GetValueKind($Name)
    }
    finally {
        $opened.Close()
    }
}

function Get-SubKeyName {
    param([string] $Key)
    $opened = [Microsoft.Win32.Registry]::LocalMachine.OpenSubKey($Key)
    if ($null -eq $opened) {
        return @()
    }
    try {
        return @($opened.GetSubKeyNames())
    }
    finally {
        $opened.Close()
    }
}
